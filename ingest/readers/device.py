"""Device states."""

from typing import Any

from ingest import times, values
from ingest.dialects import DEVICE_NAMES
from ingest.readers import common
from ingest.records import Device

NETWORKS = {"1": "wifi", "2": "4g", "3": "bluetooth"}
CHARGING = {"ENABLE", "CHARGING"}
TEXTS = {
    "system_software_version": 255,
    "device_name": 255,
    "wifi_address": 64,
    "bluetooth_address": 64,
    "imei": 32,
}


def read(source: dict[str, Any], *, beside: dict[str, Any], now: float) -> Device:
    """One state of a device; `beside` and `now` as for a health reading."""
    found = DEVICE_NAMES.pick(source)
    moment = found.get("timestamp")
    return Device(
        serial_number=common.serial(found),
        timestamp=int(now) if moment in (None, "") else times.parse(moment, now=now),
        ip_address=_first_line(found.get("ip_address")),
        network_access_mode=_network(found.get("network_access_mode")),
        battery_level=_battery(found.get("battery_level")),
        voltage=None if (voltage := found.get("voltage")) is None else values.integer("voltage", voltage, 0, 1_000_000),
        status=_status(found.get("status")),
        wearable_status=_wearing(found.get("wearable_status")),
        charging_status=_charging(found.get("charging_status")),
        **_texts(found),
        **common.ids(found, beside),
    )


def _texts(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if (value := found.get(name)) is None else values.text(name, value, most=most)
        for name, most in TEXTS.items()
    }


def _word(name: str, value: Any) -> str | None:
    return None if value is None else values.text(name, value, most=64)


def _first_line(value: Any) -> str | None:
    if isinstance(value, str):
        value = next((line for line in value.splitlines() if line.strip()), "")
    return _word("ip_address", value)


def _network(value: Any) -> str | None:
    word = _word("network_access_mode", value)
    if word is None:
        return None
    if len(word) > 16:
        raise values.implausible("network_access_mode", word)
    return NETWORKS.get(word, word.lower())


def _battery(value: Any) -> int | None:
    if isinstance(value, str):
        value = value.strip().removesuffix("%")
    return None if value is None else values.integer("battery_level", value, 0, 100)


def _status(value: Any) -> str | None:
    word = _word("status", value)
    if word is None:
        return None
    return "ACTIVE" if word.upper() in {"ACTIVE", "ONLINE"} else "INACTIVE"


def _wearing(value: Any) -> str | None:
    word = _word("wear_state", int(value) if isinstance(value, bool) else value)
    if word is None:
        return None
    if word.upper() in {"1", "WORN"}:
        return "WORN"
    if word.upper() in {"0", "NOT_WORN"}:
        return "NOT_WORN"
    raise values.implausible("wear_state", word)


def _charging(value: Any) -> str | None:
    word = _word("charging_status", value)
    if word is None:
        return None
    return "CHARGING" if word.upper() in CHARGING else "NOT_CHARGING"
