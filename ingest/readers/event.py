"""Events, with the health readings they carry."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from ingest import times, values
from ingest.body import Path
from ingest.dialects import EVENT_HEALTH, EVENT_NAMES
from ingest.readers import common, health
from ingest.records import Event, Health
from ingest.values import Impossible

TYPE_MOST = 64
VALUE_MOST = 16_000


@dataclass(frozen=True, slots=True)
class Nested:
    """The readings found in an event: those that can be stored, and of those that can not each its place and reason.

    A place leads from the event to the reading; in an event that carried JSON in a string, from the top of that
    `text`. None is the whole text, which is no JSON that could be looked into.
    """

    records: list[Health] = field(default_factory=list)
    impossible: list[tuple[Path | None, str]] = field(default_factory=list)
    text: str | None = None


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
    nested = Nested(text=content if isinstance(content, str) else None)
    if nested.text is not None:
        content = _decoded(nested.text, nested)
    if content is None:
        return nested
    beside: dict[str, Any] = {}
    wrapped = isinstance(content, dict) and "data" in content
    if wrapped:
        beside, content = content, content["data"]
    listed = isinstance(content, list)
    for index, element in enumerate(content if listed else [content]):
        if element is None or element == {}:
            continue  # stored as a reading it would stand in the way of a real one
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
            start = () if nested.text is not None else (_name(source),)
            place = (*start, *(("data",) if wrapped else ()), *((index,) if listed else ()))
            nested.impossible.append((place, str(error)))
    return nested


def _decoded(text: str, nested: Nested) -> Any:
    """What the JSON in a string holds; None for nothing, and for what can not be looked into."""
    if text.strip() in {"", "null"}:
        return None
    try:
        content = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        nested.impossible.append((None, "implausible: healthData is not JSON"))
        return None
    if values.deeper_than(content, values.NESTED_DEPTH):
        nested.impossible.append((None, "implausible: healthData is too deep"))
        return None
    return content


def _name(source: dict[str, Any]) -> str:
    """Under which of its names an event carries its readings."""
    return next(name for name in EVENT_HEALTH if source.get(name) is not None)
