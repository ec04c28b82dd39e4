"""The health bodies that nearly all devices send, decoded straight into typed readings: one pass, in C.

One table a dialect names the members of a reading. A body with any other member, type, range or spelling is none of
these, and `ingest.readers.health` reads it as it reads everything: this module is an abbreviation and decides nothing.
`readings` therefore answers exactly what that reader would, or None.
"""

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ingest import dialects, times, values
from ingest.readers.common import UNKNOWN_SERIALS
from ingest.readers.health import METHODS, method, sleep_hours
from ingest.records import Health
from ingest.values import Impossible

# What needs no stripping, composing or refusing.
_PLAIN_SERIAL = re.compile(r"[A-Za-z0-9_.:-]{1,64}").fullmatch


def _whole(most: int) -> Any:
    return Annotated[int, Meta(ge=0, le=most)]


def _real(least: float, most: float) -> Any:
    return Annotated[float, Meta(ge=least, le=most)]


_ANY = _real(-values.LARGEST, values.LARGEST)
# An absent member keeps None, which its type need not admit: a null is left to the general reader.
TYPES: dict[str, Any] = {
    "device_sn": str,
    "timestamp": int | str,
    "heart_rate": _whole(300),
    "blood_oxygen": _whole(100),
    "temperature": _real(0, 45),
    "pressure_high": _whole(350),
    "pressure_low": _whole(350),
    "stress": _whole(100),
    "step": _whole(2**31 - 1),
    "distance": _ANY,
    "calorie": _ANY,
    "latitude": _real(-90, 90),
    "longitude": _real(-180, 180),
    "altitude": _ANY,
    "upload_method": str,
    "customer_id": int | str,
    "org_id": int | str,
    "user_id": int | str,
    **dict.fromkeys(dialects.NESTED, str | None),
}

NESTED = {
    "sleep_data": "sleepData",
    "exercise_daily_data": "exerciseDailyData",
    "exercise_week_data": "exerciseWeekData",
    "scientific_sleep_data": "scientificSleepData",
    "workout_data": "workoutData",
}
WATCH = {
    **{name: name for name in TYPES},
    **NESTED,
    "device_sn": "deviceSn",
    "customer_id": "customerId",
    "org_id": "orgId",
    "user_id": "userId",
    "temperature": "body_temperature",
    "pressure_high": "blood_pressure_systolic",
    "pressure_low": "blood_pressure_diastolic",
}
RELAY = {**WATCH, "device_sn": "id"}
SCRIPT = {
    **WATCH,
    "heart_rate": "heartRate",
    "blood_oxygen": "bloodOxygen",
    "temperature": "temperature",
    "pressure_high": "pressureHigh",
    "pressure_low": "pressureLow",
    "upload_method": "uploadMethod",
}
GATEWAY = {**{name: name for name in TYPES}, "device_sn": "device_id", "timestamp": "create_time"}


def _reading(name: str, table: dict[str, str]) -> Any:
    return msgspec.defstruct(
        name,
        [(field, kind, None) for field, kind in TYPES.items()],
        rename=table,
        forbid_unknown_fields=True,
        gc=False,
    )


def _body(reading: Any) -> "msgspec.json.Decoder[Any]":
    """`{"data": reading or list of them}`, beside which a relay says what type it is."""
    data = reading | list[reading]
    body = msgspec.defstruct("Body", [("data", data), ("type", str, "")], forbid_unknown_fields=True, gc=False)
    return msgspec.json.Decoder(body, strict=False)


# In this order they are tried: the most frequent first.
_OBJECTS = [_body(_reading(*each)).decode for each in (("Watch", WATCH), ("Relay", RELAY), ("Script", SCRIPT))]
_LIST = msgspec.json.Decoder(list[_reading("Gateway", GATEWAY)], strict=False).decode  # type: ignore[misc]


def readings(raw: bytes, *, now: float) -> list[Health] | None:
    """The readings in the body `raw`, received at epoch second `now`; None when it is not one of the known bodies or
    holds a reading that can not be. At least one when it is a list."""
    if raw[:1] == b"[":
        found = _decoded(_LIST, raw)
    else:
        body = next((body for decode in _OBJECTS if (body := _decoded(decode, raw)) is not None), None)
        found = body.data if body is not None else None
    if not found:
        return None
    try:
        return [_health(each, now) for each in found] if type(found) is list else [_health(found, now)]
    except Impossible:
        return None


def _decoded(decode: Any, raw: bytes) -> Any:
    try:
        return decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _health(found: Any, now: float) -> Health:
    """The record of a typed reading. Raises Impossible when the general reader must look at it."""
    serial, temperature = found.device_sn, found.temperature
    if serial is None or not _PLAIN_SERIAL(serial) or serial in UNKNOWN_SERIALS:
        raise Impossible("not plain")
    if temperature and temperature < 20:
        raise Impossible("too cold")
    moment = found.timestamp
    latitude, longitude, altitude = found.latitude, found.longitude, found.altitude
    if not latitude and not longitude and not altitude:
        latitude = longitude = altitude = None
    upload_method = found.upload_method
    customer, org, user = found.customer_id, found.org_id, found.user_id
    sleep = _nested("sleep_data", found.sleep_data)
    return Health(
        serial,
        int(now) if moment is None or moment == "" else times.parse(moment, now=now),
        found.heart_rate or None,
        found.blood_oxygen or None,
        temperature or None,
        found.pressure_high or None,
        found.pressure_low or None,
        found.stress or None,
        found.step,
        found.distance,
        found.calorie,
        latitude,
        longitude,
        altitude,
        upload_method if upload_method in METHODS else method(upload_method),
        None if customer is None else values.identifier("customer_id", customer),
        None if org is None else values.identifier("org_id", org),
        None if user is None else values.identifier("user_id", user),
        sleep,
        _nested("exercise_daily_data", found.exercise_daily_data),
        _nested("exercise_week_data", found.exercise_week_data),
        _nested("scientific_sleep_data", found.scientific_sleep_data),
        _nested("workout_data", found.workout_data),
        None if sleep is None else sleep_hours(sleep),
    )


def _nested(name: str, value: str | None) -> str | None:
    return None if value is None or value == "null" else values.nested(name, value)
