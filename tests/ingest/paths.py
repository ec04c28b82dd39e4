"""Posting to either path, draining the streams, and what the tables hold afterwards."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.http import HttpResponse
from django.test import Client

from ingest import models
from ljwx.redis import client
from rollout import routes
from rollout.traffic import switch
from streaming import backlog, registry
from streaming.consumer import Consumer
from streaming.envelope import FIELD, decode
from streaming.models import DeadLetter

SHANGHAI = ZoneInfo("Asia/Shanghai")
ENDPOINTS = {"health": "/upload_health_data", "device": "/upload_device_info", "event": "/upload_common_event"}
BATCH = {"health": "health-data", "device": "device-info", "event": "common-event"}

TABLES = {
    "health": models.HealthData,
    "day": models.HealthDaily,
    "week": models.HealthWeekly,
    "device": models.DeviceInfo,
    "history": models.DeviceInfoHistory,
    "event": models.CommonEvent,
    "alert": models.AlertInfo,
}
# What differs from one run to the next, or only repeats another column.
LEFT_OUT = {"id", "create_time", "update_time", "health_id", "value_digest", "dedup_key"}

Rows = dict[str, list[dict[str, Any]]]

# One for all posts: its middleware looks at every static file when it is built.
_device = Client(enforce_csrf_checks=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device is told."""

    status: int
    content_type: str
    body: dict[str, Any]


def spellings(kind: str) -> list[str]:
    """Every path that takes uploads of `kind`."""
    dashed, plain = BATCH[kind], BATCH[kind].replace("-", "_")
    routed = [ENDPOINTS[kind], f"{ENDPOINTS[kind]}_v2", f"/batch/upload-{dashed}", f"/batch/upload_{plain}"]
    return [path + slash for path in routed for slash in ("", "/")]


def post(path: str, body: bytes, content_type: str = "application/json", **headers: str) -> Answer:
    """What a device that posts `body` is told."""
    response = respond(path, body, content_type, **headers)
    return Answer(response.status_code, response.headers["Content-Type"], json.loads(response.content))


def respond(path: str, body: bytes, content_type: str = "application/json", **headers: str) -> HttpResponse:
    """The response to a device that posts `body`: no cookie, no token, no Content-Type when that is empty."""
    return _device.generic("POST", path, body, content_type, **headers)


def share(percentage: int) -> None:
    """Send that share of the devices to the stream, and let this process know."""
    switch(percentage=Decimal(percentage), kinds=list(ENDPOINTS), actor="test", reason="test")
    routes.current.refresh()


def drain() -> None:
    """Store everything the streams hold."""
    consumer = Consumer(
        name="test:1", kinds=registry.kinds(), connection=client("consume"), batch_size=200, claim_idle_ms=60_000
    )
    while consumer.step(block_ms=0):
        pass
    assert [backlog.measure(kind).total for kind in registry.kinds()] == [0, 0, 0]


def streamed() -> Counter[str]:
    """How many records of each serial the streams hold, stored or not."""
    found: Counter[str] = Counter()
    for kind in registry.kinds():
        for _id, fields in client("control").xrange(kind.stream):
            envelope = decode(fields[FIELD], record=kind.record, kind=kind.name)
            found.update(kind.device(record) for record in envelope.records)
    return found


def rows() -> Rows:
    """Every record row by table, without what is NULL; times as the table holds them."""
    filled = _filled()
    health = models.HealthData.objects.values() if "health" in filled else ()
    readings = {row["id"]: (row["device_sn"], _plain(row["timestamp"])) for row in health}
    found: Rows = {}
    for name in filled:
        model = TABLES[name]
        table = []
        for row in model.objects.values():
            shown = {k: _plain(v) for k, v in row.items() if k not in LEFT_OUT and v is not None}
            if row.get("health_id") is not None:
                shown["reading"] = readings[row["health_id"]]
            table.append(shown)
        if table:
            found[name] = table
    return in_order(found)


def _filled() -> list[str]:
    """The tables that hold anything, by one question."""
    asked = (
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(model._meta.db_table)})"
        for name, model in TABLES.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        full = {name for (name,) in cursor.fetchall()}
    return [name for name in TABLES if name in full]


def in_order(found: Rows) -> Rows:
    """The same rows in an order that depends on their values alone."""
    return {
        name: sorted(table, key=lambda row: sorted((column, repr(value)) for column, value in row.items()))
        for name, table in found.items()
    }


def dead() -> list[tuple[str, str, str, bytes]]:
    """Every dead letter: kind, serial, reason, payload."""
    letters = DeadLetter.objects.values_list("kind", "device_sn", "reason", "payload")
    return sorted((kind, serial, reason, bytes(payload)) for kind, serial, reason, payload in letters)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    return value.isoformat() if isinstance(value, date) else value
