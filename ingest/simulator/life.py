"""What happens to a device between two uploads."""

from ingest.simulator import event, reading, spoiling, state
from ingest.simulator.dialects import DEVICE, HEALTH
from ingest.simulator.dice import Dice
from ingest.simulator.entry import Entry
from ingest.simulator.wearer import Wearer


def measures(wearer: Wearer, dice: Dice) -> Entry:
    """A new reading."""
    return Entry(wearer, wearer.readings, wearer.readings.add(wearer.tick(dice)))


def changes(wearer: Wearer, dice: Dice) -> Entry:
    """A new state."""
    return Entry(wearer, wearer.states, wearer.states.add(wearer.tick(dice)))


def alarms(wearer: Wearer, dice: Dice) -> Entry:
    """A new event; some carry a reading of their own second, the newest reading, or an impossible one."""
    at = wearer.tick(dice)
    number = wearer.events.add(at)
    if wearer.dialect.event_has_place:
        case = dice.below(10)
        newest = Entry(wearer, wearer.readings, len(wearer.readings) - 1)
        if case < 4:
            wearer.nested[number] = wearer.measures_in_an_event(at)
        elif case < 6 and newest.number >= 0 and newest.may_have_rival():
            wearer.is_also_in_an_event(newest.number)
            wearer.nested[number] = newest.number
        elif case == 6:
            wearer.nested[number] = ~_fault_in_an_event(wearer, at, dice)
    return Entry(wearer, wearer.events, number)


def errs(wearer: Wearer, kind: str, dice: Dice) -> Entry:
    """A new record of `kind` that can not be."""
    number, own, at = wearer.faults.add(0), wearer.dice("fault", len(wearer.faults)), wearer.tick(dice)
    dialect, serial = wearer.dialect, wearer.serial
    if kind == HEALTH:
        made = reading.measure(own, at=at, ids=wearer.ids)
        element = dialect.reading(made, dice, serial=serial, method="")
    elif kind == DEVICE:
        element = dialect.state(state.make(own, at=at, ids=wearer.ids), dice, serial=serial)
    else:
        happened = event.make(own, at=at, number=number, ids=wearer.ids, has_place=False)
        element = dialect.event(happened, dice, serial=serial, nested=None, timed=True)
    wearer.known_faults.append(
        spoiling.spoil(kind, element, dialect.names(kind), own, serial=serial, mark=_mark(serial, number))
    )
    return Entry(wearer, wearer.faults, number)


def _fault_in_an_event(wearer: Wearer, at: int, dice: Dice) -> int:
    number, own = wearer.faults.add(0), wearer.dice("fault", len(wearer.faults))
    made = reading.without_nested(reading.measure(own, at=at, ids=wearer.ids))
    names = wearer.dialect.style.names
    element = wearer.dialect.reading(made, dice, serial=wearer.serial, method="wifi")
    del element[names["device_sn"]]
    mark = _mark(wearer.serial, number)
    wearer.known_faults.append(spoiling.spoil_nested(element, names, own, serial=wearer.serial, mark=mark))
    return number


def _mark(serial: str, number: int) -> str:
    """What no other record has."""
    return f"{serial}#{number}".encode("ascii", "replace").decode()
