"""The upload endpoints as OpenAPI describes them: what a generator of requests needs to know."""

from typing import Any

from tests.ingest.paths import ENDPOINTS, spellings

MOMENT = {"oneOf": [{"type": "string", "maxLength": 40}, {"type": "integer"}, {"type": "null"}]}
VALUE = {"oneOf": [{"type": "string", "maxLength": 40}, {"type": "number"}, {"type": "null"}]}
NESTED = {"oneOf": [{"type": "object"}, {"type": "string"}, {"type": "null"}]}
MEMBERS: dict[str, Any] = {
    "health": {"heart_rate": VALUE, "temperature": VALUE, "latitude": VALUE, "sleepData": NESTED, "step": VALUE},
    "device": {"batteryLevel": VALUE, "wearState": VALUE, "IP Address": VALUE, "chargingStatus": VALUE},
    "event": {"eventType": VALUE, "eventValue": VALUE, "healthData": NESTED},
}
ERROR = {
    "type": "object",
    "required": ["status", "message"],
    "properties": {"status": {"const": "error"}, "message": {"type": "string"}},
    "additionalProperties": False,
}
REJECTED = {
    "type": "object",
    "required": ["index", "reason"],
    "properties": {"index": {"type": "integer", "minimum": 0}, "reason": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}


def description() -> dict[str, Any]:
    """The three paths of each kind: routed, always the stream, batch."""
    paths = {path: {"post": _post(kind, path)} for kind in ENDPOINTS for path in spellings(kind)[:6:2]}
    return {"openapi": "3.1.0", "info": {"title": "uploads", "version": "1"}, "paths": paths}


def _post(kind: str, path: str) -> dict[str, Any]:
    record = {
        "type": "object",
        "required": ["deviceSn"],
        "properties": {"deviceSn": VALUE, "timestamp": MOMENT, "customerId": VALUE, **MEMBERS[kind]},
    }
    records = {"type": "array", "items": record, "maxItems": 5}
    body = {"oneOf": [record, records, {"type": "object", "properties": {"data": {"oneOf": [record, records]}}}]}
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": _answer(_success("_v2" in path)),
            **{status: _answer(ERROR) for status in ("400", "413", "415")},
        },
    }


def _success(test_lane: bool) -> dict[str, Any]:
    members: dict[str, Any] = {
        "status": {"const": "accepted" if test_lane else "success"},
        "success": {"const": True},
        "message": {"type": "string"},
        "accepted": {"type": "integer", "minimum": 0},
        "rejected": {"type": "array", "items": REJECTED},
    }
    if test_lane:
        members["processing"] = {"enum": ["async", "sync"]}
        members["stream_id"] = {"oneOf": [{"type": "string", "pattern": r"^\d+-\d+$"}, {"type": "null"}]}
    return {"type": "object", "required": sorted(members), "properties": members, "additionalProperties": False}


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}
