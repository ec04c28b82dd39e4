"""Dialect A: the watch over Wi-Fi. Numbers and numeric strings mixed, nested data as JSON in a string."""

from collections.abc import Sequence
from typing import Any

from ingest.simulator.dialects import times, words
from ingest.simulator.dialects.dialect import DEVICE, EVENT, HEALTH, Dialect, Element
from ingest.simulator.dialects.style import Style
from ingest.simulator.dice import Dice
from ingest.simulator.event import Event
from ingest.simulator.ids import Ids
from ingest.simulator.reading import Nested
from ingest.simulator.state import State

NAMES = {
    "device_sn": "deviceSn",
    "customer_id": "customerId",
    "org_id": "orgId",
    "user_id": "userId",
    "heart_rate": "heart_rate",
    "blood_oxygen": "blood_oxygen",
    "temperature": "body_temperature",
    "pressure_high": "blood_pressure_systolic",
    "pressure_low": "blood_pressure_diastolic",
    "stress": "stress",
    "step": "step",
    "distance": "distance",
    "calorie": "calorie",
    "latitude": "latitude",
    "longitude": "longitude",
    "altitude": "altitude",
    "upload_method": "upload_method",
    "sleep_data": "sleepData",
    "exercise_daily_data": "exerciseDailyData",
    "exercise_week_data": "exerciseWeekData",
    "scientific_sleep_data": "scientificSleepData",
    "workout_data": "workoutData",
    "timestamp": "timestamp",
}


def _whole(value: int | None, dice: Dice) -> int | str:
    return str(value or 0) if dice.below(8) == 0 else value or 0


def _decimal(value: float | None, dice: Dice) -> str:
    return str(value or 0.0)


def _place(value: float | None, dice: Dice) -> str:
    return "0" if value is None else repr(value)


def identity(value: int | None, dice: Dice) -> str:
    """A string; "0" or "" when it is not known."""
    return dice.one_of(("0", "")) if value is None else str(value)


def _nested(value: Nested | None, dice: Dice) -> str:
    return "null" if value is None else words.as_text(value)


class Watch(Dialect):
    """The watch does not read the body of an answer."""

    style = Style(NAMES, _whole, _decimal, _place, identity, _nested, times.plain)
    methods = {"wifi": "wifi", "esim": "esim", "4g": "esim", "system_event": "wifi"}
    state_names = {"device_sn": "SerialNumber", "timestamp": "timestamp"}
    event_names = {"device_sn": "deviceSn", "timestamp": "timestamp"}
    reads_answer = False

    def state(self, state: State, dice: Dice, *, serial: str) -> dict[str, Any]:
        return {
            "SerialNumber": serial,
            "Device Name": state.device_name,
            "IMEI": state.imei,
            "batteryLevel": words.battery(state, dice),
            "voltage": state.voltage,
            "chargingStatus": words.charging(state, dice),
            "status": words.status(state, dice),
            "wearState": words.wearing(state, dice),
            "Wifi Address": state.wifi_address,
            "Bluetooth Address": state.bluetooth_address,
            "IP Address": words.addresses(state, dice),
            "Network Access Mode": words.network(state, dice),
            "System Software Version": state.system_software_version,
            "timestamp": times.plain(state.timestamp, dice),
            **self.style.ids(state.ids, dice),
        }

    def event(self, event: Event, dice: Dice, *, serial: str, nested: Element | None, timed: bool) -> dict[str, Any]:
        element: dict[str, Any] = {
            "eventType": words.full_type(event),
            "eventValue": event.value,
            "deviceSn": serial,
            **self.style.ids(event.ids, dice),
        }
        if event.latitude is not None:
            element |= {"latitude": event.latitude, "longitude": event.longitude, "altitude": event.altitude}
        elif dice.below(2):
            element |= {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0}
        if timed:
            element["timestamp"] = times.plain(event.timestamp, dice)
        if nested is not None:
            content = {"data": nested}
            name = dice.one_of(("healthData", "healthData", "heatlhData"))
            element[name] = words.as_text(content) if dice.below(2) and isinstance(nested, dict) else content
        return element

    def envelope(self, kind: str, elements: Sequence[Element], dice: Dice) -> Any:
        single = elements[0] if len(elements) == 1 else None
        if single is None:
            return {"data": elements}
        if kind == EVENT:
            return single
        if kind == HEALTH and isinstance(single, dict) and dice.below(8) == 0:
            ids = {NAMES[name]: single.pop(NAMES[name]) for name in Ids._fields}
            return {**ids, "data": single}
        if kind == DEVICE and dice.below(4):
            return single
        return {"data": single}
