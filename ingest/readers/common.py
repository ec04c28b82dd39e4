"""What every kind reads alike: serial, ids, position."""

from typing import Any

from ingest import values
from ingest.dialects import OWNER_NAMES
from ingest.values import Impossible

SERIAL_MOST = 64
UNKNOWN_SERIALS = {"UNKNOWN_DEVICE", "null"}

Found = dict[str, Any]  # the fields an object has, as the wire has them


def serial(found: Found) -> str:
    """The device's serial, stripped, NFC. Raises Impossible when there is none."""
    value = found.get("device_sn")
    known = None if value is None else values.text("device_sn", value, most=SERIAL_MOST)
    if known is None:
        raise Impossible("no serial")
    if known in UNKNOWN_SERIALS:
        raise Impossible(f"no serial: {known}")
    return known


def ids(found: Found, beside: dict[str, Any]) -> dict[str, Any]:
    """Customer, organisation and user, from the record or, where it has none, from beside `data`."""
    known = _ids(found)
    if beside and None in known.values():
        others = _ids(OWNER_NAMES.pick(beside))
        return {name: others[name] if value is None else value for name, value in known.items()}
    return known


def _ids(found: Found) -> dict[str, int | None]:
    return {
        name: None if (value := found.get(name)) is None else values.identifier(name, value)
        for name in ("customer_id", "org_id", "user_id")
    }


def position(found: Found) -> tuple[float | None, float | None, float | None]:
    """Latitude, longitude (degrees) and altitude (m); all None when all are zero, which means no fix."""
    latitude, longitude, altitude = found.get("latitude"), found.get("longitude"), found.get("altitude")
    latitude = None if latitude is None else values.number("latitude", latitude, -90, 90)
    longitude = None if longitude is None else values.number("longitude", longitude, -180, 180)
    altitude = None if altitude is None else values.number("altitude", altitude)
    if not latitude and not longitude and not altitude:
        return None, None, None
    return latitude, longitude, altitude
