"""What every kind reads alike: serial, ids, position."""

from typing import Any

from ingest import dialects, values
from ingest.dialects import first
from ingest.values import Impossible

SERIAL_MOST = 64
UNKNOWN_SERIALS = {"UNKNOWN_DEVICE", "null"}


def serial(source: dict[str, Any], names: tuple[str, ...] = dialects.SERIAL) -> str:
    """The device's serial, stripped, NFC. Raises Impossible when there is none."""
    value = first(source, names)
    found = None if value is None else values.text("device_sn", value, most=SERIAL_MOST)
    if found is None:
        raise Impossible("no serial")
    if found in UNKNOWN_SERIALS:
        raise Impossible(f"no serial: {found}")
    return found


def ids(source: dict[str, Any], beside: dict[str, Any]) -> dict[str, Any]:
    """Customer, organisation and user, from the record or, where it has none, from beside `data`."""
    found = {}
    for name, names in dialects.IDS.items():
        value = first(source, names)
        known = None if value is None else values.identifier(name, value)
        if known is None and beside and (value := first(beside, names)) is not None:
            known = values.identifier(name, value)
        found[name] = known
    return found


def position(source: dict[str, Any]) -> tuple[float | None, float | None, float | None]:
    """Latitude, longitude (degrees) and altitude (m); all None when all are zero, which means no fix."""
    raw = [first(source, names) for names in dialects.POSITION.values()]
    latitude = None if raw[0] is None else values.number("latitude", raw[0], -90, 90)
    longitude = None if raw[1] is None else values.number("longitude", raw[1], -180, 180)
    altitude = None if raw[2] is None else values.number("altitude", raw[2])
    if not latitude and not longitude and not altitude:
        return None, None, None
    return latitude, longitude, altitude
