"""Dialect C: scripts and partner gateways. Camel case, epochs, nested data as objects."""

import unicodedata
from collections.abc import Sequence
from typing import Any

from ingest.simulator.dialects import times, words
from ingest.simulator.dialects.dialect import Dialect, Element
from ingest.simulator.dialects.style import ABSENT, Style
from ingest.simulator.dice import Dice
from ingest.simulator.event import Event
from ingest.simulator.reading import Nested
from ingest.simulator.state import State

NAMES = {
    "device_sn": "deviceSn",
    "customer_id": "customerId",
    "org_id": "orgId",
    "user_id": "userId",
    "heart_rate": "heartRate",
    "blood_oxygen": "bloodOxygen",
    "temperature": "bodyTemperature",
    "pressure_high": "pressureHigh",
    "pressure_low": "pressureLow",
    "stress": "stress",
    "step": "steps",
    "distance": "distance",
    "calorie": "calorie",
    "latitude": "latitude",
    "longitude": "longitude",
    "altitude": "altitude",
    "upload_method": "uploadMethod",
    "sleep_data": "sleepData",
    "exercise_daily_data": "exerciseDailyData",
    "exercise_week_data": "exerciseDailyWeekData",
    "scientific_sleep_data": "scientificSleepData",
    "workout_data": "workoutData",
    "timestamp": "timestamp",
}


def _number(value: float | None, dice: Dice) -> Any:
    """A number; what was not measured is left out, null, or 0."""
    return dice.one_of((ABSENT, None, 0)) if value is None else value


def _place(value: float | None, dice: Dice) -> Any:
    return 0 if value is None else value


def _identity(value: int | None, dice: Dice) -> Any:
    if value is None:
        return dice.one_of((ABSENT, None, 0, "0", ""))
    return dice.one_of((value, str(value)))


def _nested(value: Nested | None, dice: Dice) -> Any:
    return dice.one_of((ABSENT, None)) if value is None else value


class Script(Dialect):
    """Posts one object with or without `data` around it, or a list."""

    style = Style(NAMES, _number, _number, _place, _identity, _nested, times.any_of_them)
    methods = {"": "wifi", "cellular": "esim", "wifi": "wifi"}
    state_names = {"device_sn": "deviceSn", "timestamp": "timestamp"}
    event_names = {"device_sn": "deviceSn", "timestamp": "eventTime"}

    def state(self, state: State, dice: Dice, *, serial: str) -> dict[str, Any]:
        return {
            "deviceSn": self.serial(serial, dice),
            "deviceName": state.device_name,
            "imei": state.imei,
            "batteryLevel": words.battery(state, dice),
            "voltage": state.voltage,
            "chargingStatus": words.charging(state, dice),
            "status": words.status(state, dice),
            "wearState": words.wearing(state, dice),
            "wifi_address": state.wifi_address,
            "bluetooth_address": state.bluetooth_address,
            "ip_address": words.addresses(state, dice),
            "network_mode": words.network(state, dice),
            "firmwareVersion": state.system_software_version,
            "timestamp": times.any_of_them(state.timestamp, dice),
            **self.style.ids(state.ids, dice),
        }

    def event(self, event: Event, dice: Dice, *, serial: str, nested: Element | None, timed: bool) -> dict[str, Any]:
        element: dict[str, Any] = {
            "deviceSn": self.serial(serial, dice),
            "eventType": event.type if dice.below(2) else words.full_type(event),
            "eventData": event.value,
            **self.style.ids(event.ids, dice),
        }
        if event.latitude is not None:
            element |= {"latitude": event.latitude, "longitude": event.longitude, "altitude": event.altitude}
        if timed:
            element["eventTime"] = times.milliseconds(event.timestamp, dice)
        if nested is not None:
            element["healthData"] = nested
        return element

    def envelope(self, kind: str, elements: Sequence[Element], dice: Dice) -> Any:
        if len(elements) > 1:
            return {"data": elements} if dice.below(2) else elements
        return {"data": elements[0]} if dice.below(2) else elements[0]

    def serial(self, serial: str, dice: Dice) -> str:
        """With blanks around it, and with combining accents: strip and NFC make it the same serial."""
        return f" {unicodedata.normalize('NFD', serial)}" if dice.below(3) == 0 else serial
