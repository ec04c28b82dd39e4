"""Dialect D: a gateway that posts lists for several wearers, and lists of all kinds in one upload."""

from collections.abc import Sequence
from typing import Any

from ingest.simulator.dialects import script, times, words
from ingest.simulator.dialects.dialect import NAMES as PATHS
from ingest.simulator.dialects.dialect import Dialect, Element
from ingest.simulator.dialects.style import ABSENT, Style
from ingest.simulator.dice import Dice
from ingest.simulator.event import Event
from ingest.simulator.reading import Nested
from ingest.simulator.state import State

NAMES = {
    **{name: name for name in script.NAMES},
    "device_sn": "device_id",
    "timestamp": "create_time",
}
LISTS = {"health": "health_data", "device": "device_info", "event": "alert_data"}


def _number(value: float | None, dice: Dice) -> float:
    return value or 0


def _identity(value: int | None, dice: Dice) -> str | None:
    return dice.one_of(("0", "", None)) if value is None else str(value)


def _nested(value: Nested | None, dice: Dice) -> Any:
    if value is None:
        return ABSENT
    return words.as_text(value) if dice.below(2) else value


class Gateway(Dialect):
    """`/batch/upload-…` with hyphens or underscores; a top-level list, or an object of lists."""

    style = Style(NAMES, _number, _number, _number, _identity, _nested, times.plain)
    methods = {"": "wifi", "wifi": "wifi"}
    state_names = {"device_sn": "serial_number", "timestamp": "timestamp"}
    event_names = {"device_sn": "device_id", "timestamp": "timestamp"}

    def state(self, state: State, dice: Dice, *, serial: str) -> dict[str, Any]:
        return {
            "serial_number": serial,
            "device_name": state.device_name,
            "imei": state.imei,
            "battery_level": words.battery(state, dice),
            "voltage": state.voltage,
            "charging_status": words.charging(state, dice),
            "status": words.status(state, dice),
            "wear_state": words.wearing(state, dice),
            "wifi_address": state.wifi_address,
            "bluetooth_address": state.bluetooth_address,
            "ip_address": words.addresses(state, dice),
            "network_mode": words.network(state, dice),
            "system_version": state.system_software_version,
            "timestamp": times.plain(state.timestamp, dice),
            **self.style.ids(state.ids, dice),
        }

    def event(self, event: Event, dice: Dice, *, serial: str, nested: Element | None, timed: bool) -> dict[str, Any]:
        element: dict[str, Any] = {
            "device_id": serial,
            "eventType": event.type,
            "eventValue": event.value,
            **self.style.ids(event.ids, dice),
        }
        if event.latitude is not None:
            element |= {"latitude": event.latitude, "longitude": event.longitude, "altitude": event.altitude}
        if timed:
            element["timestamp"] = times.plain(event.timestamp, dice)
        if nested is not None:
            element["healthData"] = {"data": nested}
        return element

    def envelope(self, kind: str, elements: Sequence[Element], dice: Dice) -> Any:
        return elements

    def mixed(self, lists: dict[str, list[Element]]) -> Any:
        """One upload of all kinds, for the path of events."""
        return {LISTS[kind]: elements for kind, elements in lists.items()}

    def path(self, kind: str, dice: Dice) -> str:
        name = PATHS[kind]
        return f"/batch/upload-{name.replace('_', '-')}" if dice.below(2) else f"/batch/upload_{name}"
