"""Words of the wire that mean a value of a device's state."""

import json
from typing import Any

from ingest.simulator.dice import Dice
from ingest.simulator.event import Event
from ingest.simulator.state import State

CHARGING = {"CHARGING": ("ENABLE", "CHARGING"), "NOT_CHARGING": ("NONE", "DISABLE", "FULL")}
STATUS = {"ACTIVE": ("ACTIVE", "online"), "INACTIVE": ("INACTIVE", "offline")}
WEARING = {"WORN": 1, "NOT_WORN": 0}
NETWORK = {"wifi": 1, "4g": 2, "bluetooth": 3}


def battery(state: State, dice: Dice) -> int | str:
    """63, "63" or "63%"."""
    level = state.battery_level
    choices: list[int | str] = [level, str(level), f"{level}%"]
    return dice.one_of(choices)


def addresses(state: State, dice: Dice) -> str:
    """The address, or several lines of which the first counts."""
    return dice.one_of((state.ip_address, f"{state.ip_address}\nfe80::1", f"{state.ip_address}\r\n10.0.0.9\nfe80::2"))


def charging(state: State, dice: Dice) -> str:
    return dice.one_of(CHARGING[state.charging_status])


def status(state: State, dice: Dice) -> str:
    return dice.one_of(STATUS[state.status])


def wearing(state: State, dice: Dice) -> int | str:
    number = WEARING[state.wearable_status]
    return _number_or_text(number, dice)


def network(state: State, dice: Dice) -> int | str:
    number = NETWORK[state.network_access_mode]
    return _number_or_text(number, dice)


def _number_or_text(number: int, dice: Dice) -> int | str:
    return str(number) if dice.below(2) else number


def full_type(event: Event) -> str:
    """The type with its namespace: what counts is the text after the last dot."""
    return f"{event.namespace}.{event.type}"


def as_text(content: Any) -> str:
    """An object as JSON in a string."""
    return json.dumps(content, ensure_ascii=False)
