"""A record as its device writes it: always the same for the same record."""

from typing import TYPE_CHECKING, Any

import msgspec

from ingest.simulator.dialects import RELAY
from ingest.simulator.dice import Dice
from ingest.simulator.track import Track

if TYPE_CHECKING:
    from ingest.simulator.wearer import Wearer


def element(wearer: "Wearer", track: Track, number: int, *, relayed: bool) -> Any:
    """One object of the wire. `relayed`: a phone writes what the watch has measured."""
    if track is wearer.faults:
        return msgspec.Raw(wearer.known_faults[number].payload)
    dialect = RELAY if relayed else wearer.dialect
    dice = wearer.dice("spelt", track.kind, number, relayed)
    if track is wearer.readings:
        method = "bluetooth" if relayed else wearer.method(number)
        content = dialect.reading(wearer.reading(number), dice, serial=wearer.serial, method=method)
        if not wearer.has_clock:
            del content[dialect.style.names["timestamp"]]
        return content
    if track is wearer.states:
        return dialect.state(wearer.state(number), dice, serial=wearer.serial)
    nested, timed = _nested(wearer, number, dice)
    return dialect.event(wearer.event(number), dice, serial=wearer.serial, nested=nested, timed=timed)


def _nested(wearer: "Wearer", number: int, dice: Dice) -> tuple[Any, bool]:
    """What an event carries, and whether the event must say its own time."""
    held = wearer.nested.get(number)
    if held is None:
        return None, True
    if held < 0:
        return msgspec.Raw(wearer.known_faults[~held].payload), True
    names = wearer.dialect.style.names
    content = wearer.dialect.reading(wearer.reading(held), dice, serial=wearer.serial, method="wifi")
    # Either may leave to the other what both would say: the serial, and the time when it is the same.
    if dice.below(4) == 0:
        del content[names["device_sn"]]
    if wearer.readings.times[held] != wearer.events.times[number]:
        return content, True
    case = dice.below(4)
    if case == 0:
        del content[names["timestamp"]]
    return content, case != 1
