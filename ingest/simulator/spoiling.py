"""Ways to make a record impossible: each must be answered 200 and become one dead letter with its reason."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ingest.simulator.dialects import DEVICE, EVENT, HEALTH
from ingest.simulator.dice import Dice
from ingest.simulator.fault import Fault

MARK = "note"  # a field that nobody reads; it makes every spoilt record findable, with or without a serial
UNKNOWN_SERIAL = "UNKNOWN_DEVICE"
NO_SERIALS = ("", UNKNOWN_SERIAL)


Spoiler = Callable[[dict[str, Any], Mapping[str, str], Dice], str]


def _value(name: str, *values: Any) -> Spoiler:
    def spoil(element: dict[str, Any], names: Mapping[str, str], dice: Dice) -> str:
        value = dice.one_of(values)
        element[names[name]] = value
        return f"implausible: {name} {value}"

    return spoil


def _time(value: Any, reason: str) -> Spoiler:
    def spoil(element: dict[str, Any], names: Mapping[str, str], dice: Dice) -> str:
        element[names["timestamp"]] = value
        return f"timestamp: {reason}"

    return spoil


def _no_serial(element: dict[str, Any], names: Mapping[str, str], dice: Dice) -> str:
    del element[names["device_sn"]]
    return "no serial"


def _unknown_serial(element: dict[str, Any], names: Mapping[str, str], dice: Dice) -> str:
    element[names["device_sn"]] = UNKNOWN_SERIAL
    return "no serial"


FUTURE = _time("2105-06-01 12:00:00", "year 2105 is in the future")
ANCIENT = _time("2014-12-31 23:59:59", "year 2014")
ODD = _time(178833960000, "")  # twelve digits: neither seconds nor milliseconds
VALUES: tuple[Spoiler, ...] = (
    _value("heart_rate", 999, "301", "abc"),
    _value("blood_oxygen", 101, "500"),
    _value("temperature", "19.9", "45.1", 80),
    _value("pressure_high", 351, "1000"),
    _value("pressure_low", 400),
    _value("stress", 101, "-3"),
    _value("step", -1, "many"),
    _value("latitude", 90.5, "-91"),
    _value("longitude", "180.01", -200),
)
SPOILERS: dict[str, tuple[Spoiler, ...]] = {
    HEALTH: (*VALUES, FUTURE, ANCIENT, ODD, _no_serial),
    DEVICE: (FUTURE, ANCIENT, ODD, _no_serial, _unknown_serial),
    EVENT: (FUTURE, ANCIENT, ODD, _no_serial),
}


def spoil(kind: str, element: dict[str, Any], names: Mapping[str, str], dice: Dice, *, serial: str, mark: str) -> Fault:
    """Make `element` impossible in one way. `names`: canonical field → name on the wire; `mark`: what finds it."""
    if kind == HEALTH and dice.below(20) == 0:
        return Fault(kind, "", "not an object", msgspec.json.encode(mark))
    element[MARK] = mark
    reason = dice.one_of(SPOILERS[kind])(element, names, dice)
    told = element.get(names["device_sn"], "")
    return Fault(kind, told if told in NO_SERIALS else serial, reason, msgspec.json.encode(element))


def spoil_nested(element: dict[str, Any], names: Mapping[str, str], dice: Dice, *, serial: str, mark: str) -> Fault:
    """The same for the health record inside an event, whose serial and time the event may give."""
    element[MARK] = mark
    reason = dice.one_of(VALUES)(element, names, dice)
    return Fault(HEALTH, serial, reason, msgspec.json.encode(element))
