"""Events, with the health readings they carry."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from ingest import times, values
from ingest.dialects import EVENT_NAMES
from ingest.readers import common, health
from ingest.records import Event, Health
from ingest.values import Impossible

TYPE_MOST = 64
VALUE_MOST = 16_000


@dataclass(frozen=True, slots=True)
class Nested:
    """The readings found in an event: those that can be stored, and those that can not, each (content, reason)."""

    records: list[Health] = field(default_factory=list)
    impossible: list[tuple[Any, str]] = field(default_factory=list)


def read(source: dict[str, Any], *, beside: dict[str, Any], now: float) -> tuple[Event, Nested]:
    """One event and what its nested health data became. An impossible nested reading does not spoil its event."""
    found = EVENT_NAMES.pick(source)
    device_sn = common.serial(found)
    kind = _type(found.get("event_type"))
    value = _value(found.get("event_value"))
    moment = found.get("timestamp")
    known = None if moment in (None, "") else times.parse(moment, now=now)
    nested = _nested(found.get("health"), source, device_sn=device_sn, timestamp=known, now=now)
    timestamp = known or (nested.records[0].timestamp if nested.records else int(now))
    latitude, longitude, altitude = common.position(found)
    event = Event(
        device_sn=device_sn,
        event_type=kind,
        timestamp=timestamp,
        event_value=value,
        latitude=latitude,
        longitude=longitude,
        altitude=altitude,
        health=nested.records,
        **common.ids(found, beside),
    )
    return event, nested


def _type(value: Any) -> str:
    """The text after the last dot."""
    found = None if value is None else values.text("event_type", value, most=255)
    name = (found or "").rpartition(".")[2].strip()
    if not name or name == "commonEvent":
        raise Impossible("no event type")
    if len(name) > TYPE_MOST:
        raise Impossible(f"implausible: event_type is longer than {TYPE_MOST} characters")
    return name


def _value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        value = repr(value)
    elif isinstance(value, (dict, list)):
        value = values.nested("event_value", value)
    return values.text("event_value", value, most=VALUE_MOST) or ""


def _nested(content: Any, source: dict[str, Any], *, device_sn: str, timestamp: int | None, now: float) -> Nested:
    nested = Nested()
    for element, beside in _elements(content, nested):
        try:
            if not isinstance(element, dict):
                raise Impossible("not an object")
            nested.records.append(
                health.read(
                    element,
                    beside={**source, **beside},
                    now=now,
                    device_sn=device_sn,
                    timestamp=timestamp,
                    upload_method="common_event",
                )
            )
        except Impossible as error:
            nested.impossible.append((element, str(error)))
    return nested


def _elements(content: Any, nested: Nested) -> list[tuple[Any, dict[str, Any]]]:
    """The objects in `healthData`: an object, JSON in a string, each with or without `data`."""
    if isinstance(content, str):
        if content.strip() in {"", "null"}:
            return []
        try:
            decoded = msgspec.json.decode(content)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            nested.impossible.append((content, "implausible: healthData is not JSON"))
            return []
        if values.deeper_than(decoded, values.NESTED_DEPTH):
            nested.impossible.append((content, "implausible: healthData is too deep"))
            return []
        content = decoded
    if content is None:
        return []
    beside: dict[str, Any] = {}
    if isinstance(content, dict) and "data" in content:
        beside, content = content, content["data"]
    elements = content if isinstance(content, list) else [content]
    # Nothing, or an empty object, is no reading: stored as one it would stand in the way of a real one.
    return [(element, beside) for element in elements if element is not None and element != {}]
