"""Dialect B: a phone relaying a watch over Bluetooth. Every metric a string; older relays nest twice, in pinyin."""

from collections.abc import Sequence
from typing import Any

from ingest.simulator.dialects import times, watch, words
from ingest.simulator.dialects.dialect import EVENT, HEALTH, Dialect, Element
from ingest.simulator.dialects.style import ABSENT, Style
from ingest.simulator.dice import Dice
from ingest.simulator.event import Event
from ingest.simulator.reading import Nested
from ingest.simulator.state import State

NAMES = {**watch.NAMES, "device_sn": "id"}
PINYIN = {
    **watch.NAMES,
    "device_sn": "device_sn",
    "heart_rate": "xlv",
    "blood_oxygen": "xy",
    "temperature": "tw",
    "pressure_high": "gxy",
    "pressure_low": "dxy",
    "stress": "yl",
    "step": "bs",
    "distance": "jl",
    "calorie": "rl",
    "latitude": "wd",
    "longitude": "jd",
    "altitude": "hb",
    "sleep_data": "smData",
    "exercise_daily_data": "ydData",
    "exercise_week_data": "ydWeekData",
    "scientific_sleep_data": "kxsmData",
    "timestamp": "cjsj",
}


def _whole(value: int | None, dice: Dice) -> str:
    return str(value or 0)


def _decimal(value: float | None, dice: Dice) -> str:
    return str(value or 0.0)


def _place(value: float | None, dice: Dice) -> str:
    return "0" if value is None else repr(value)


def _nested(value: Nested | None, dice: Dice) -> Any:
    return dice.one_of((ABSENT, None, "", "null")) if value is None else words.as_text(value)


class Relay(Dialect):
    """The phone believes the body of an answer."""

    style = Style(NAMES, _whole, _decimal, _place, watch.identity, _nested, times.plain)
    methods = {"bluetooth": "bluetooth"}
    state_names = {"device_sn": "SerialNumber", "timestamp": "timestamp"}
    event_names = {"device_sn": "device_sn", "timestamp": "timestamp"}
    event_has_place = False

    def state(self, state: State, dice: Dice, *, serial: str) -> dict[str, Any]:
        return {
            "SerialNumber": serial,
            "device_name": state.device_name,
            "imei": state.imei,
            "battery_level": words.battery(state, dice),
            "voltage": str(state.voltage),
            "charging_status": words.charging(state, dice),
            "status": words.status(state, dice),
            "wear_state": words.wearing(state, dice),
            "wifi_address": state.wifi_address,
            "bluetooth_address": state.bluetooth_address,
            "ip_address": words.addresses(state, dice),
            "network_mode": words.network(state, dice),
            "system_version": state.system_software_version,
            "upload_method": "bluetooth",
            "timestamp": times.plain(state.timestamp, dice),
            **self.style.ids(state.ids, dice),
        }

    def event(self, event: Event, dice: Dice, *, serial: str, nested: Element | None, timed: bool) -> dict[str, Any]:
        return {
            "action": words.full_type(event),
            "value": event.value,
            "device_sn": serial,
            "timestamp": times.plain(event.timestamp, dice),
        }

    def envelope(self, kind: str, elements: Sequence[Element], dice: Dice) -> Any:
        content: Any = elements[0] if len(elements) == 1 else elements
        name = {HEALTH: "health", EVENT: "commonEvent"}.get(kind, "device")
        return {"type": name, "data": content}

    def serial(self, serial: str, dice: Dice) -> str:
        return f"{serial} " if dice.below(6) == 0 else serial


class OldRelay(Relay):
    """Pinyin names, and `data` in `data`."""

    style = Style(PINYIN, _whole, _decimal, _place, watch.identity, _nested, times.plain)

    def envelope(self, kind: str, elements: Sequence[Element], dice: Dice) -> Any:
        content = super().envelope(kind, elements, dice)
        return {"data": content} if kind == HEALTH else content
