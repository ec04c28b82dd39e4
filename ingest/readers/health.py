"""Health readings."""

from typing import Any

import msgspec

from ingest import times, values
from ingest.dialects import HEALTH_NAMES
from ingest.readers import common
from ingest.records import Health

METHODS = {"wifi", "bluetooth", "common_event", "esim"}
CELLULAR = {"4g", "cellular"}
DAY_MINUTES = 24 * 60


def read(source: dict[str, Any], *, beside: dict[str, Any], now: float, **given: Any) -> Health:
    """One reading. `beside`: what stands beside `data`; `now`: time of receipt in epoch seconds, the time of a reading
    that has none; `given`: what an enclosing event knows (device_sn, timestamp, upload_method)."""
    found = HEALTH_NAMES.pick(source)
    moment = found.get("timestamp")
    device_sn = given.get("device_sn") if found.get("device_sn") is None else None
    timestamp = given.get("timestamp") or int(now) if moment in (None, "") else times.parse(moment, now=now)
    latitude, longitude, altitude = common.position(found)
    sleep_data = _nested(found, "sleep_data")
    return Health(
        device_sn=device_sn or common.serial(found),
        timestamp=timestamp,
        heart_rate=_measured(found, "heart_rate", 300),
        blood_oxygen=_measured(found, "blood_oxygen", 100),
        temperature=_temperature(found.get("temperature")),
        pressure_high=_measured(found, "pressure_high", 350),
        pressure_low=_measured(found, "pressure_low", 350),
        stress=_measured(found, "stress", 100),
        step=None if (step := found.get("step")) is None else values.integer("step", step, 0, 2**31 - 1),
        distance=None if (distance := found.get("distance")) is None else values.number("distance", distance),
        calorie=None if (calorie := found.get("calorie")) is None else values.number("calorie", calorie),
        latitude=latitude,
        longitude=longitude,
        altitude=altitude,
        upload_method=given.get("upload_method") or method(found.get("upload_method")),
        sleep_data=sleep_data,
        exercise_daily_data=_nested(found, "exercise_daily_data"),
        exercise_week_data=_nested(found, "exercise_week_data"),
        scientific_sleep_data=_nested(found, "scientific_sleep_data"),
        workout_data=_nested(found, "workout_data"),
        sleep=None if sleep_data is None else sleep_hours(sleep_data),
        **common.ids(found, beside),
    )


def _measured(found: dict[str, Any], name: str, most: int) -> int | None:
    value = found.get(name)
    return None if value is None else values.measured(name, value, most)


def _nested(found: dict[str, Any], name: str) -> str | None:
    value = found.get(name)
    return None if value is None else values.nested(name, value)


def _temperature(value: Any) -> float | None:
    if value is None:
        return None
    found = values.number("temperature", value)
    if not found:
        return None
    if not 20 <= found <= 45:
        raise values.implausible("temperature", value)
    return found


def method(value: Any) -> str:
    """How a reading travelled, as the table says it; what is not known is wifi."""
    found = value.strip().lower() if isinstance(value, str) else ""
    if found in CELLULAR:
        return "esim"
    return found if found in METHODS else "wifi"


def sleep_hours(sleep_data: str) -> float | None:
    """Hours slept: the sum of the spans of the watch's list, or a gateway's `duration` in minutes; None when neither
    is there or the sum is not within a day."""
    data = msgspec.json.decode(sleep_data)
    spans = data.get("data") if isinstance(data, dict) else data
    hours = 0.0
    if isinstance(spans, list):
        for span in spans:
            if isinstance(span, dict):
                start, end = span.get("startTimeStamp"), span.get("endTimeStamp")
                if type(start) is int and type(end) is int and 0 < start < end < 10**14:
                    hours += (end - start) / 3_600_000
    elif isinstance(data, dict) and type(data.get("duration")) in {int, float} and 0 < data["duration"] <= DAY_MINUTES:
        hours = data["duration"] / 60
    return round(hours, 2) if 0 < hours <= 24 else None
