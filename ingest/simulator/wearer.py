"""One device: its serial, its owner, its clock, and everything it has measured and been through."""

from ingest.simulator import event, ids, reading, state
from ingest.simulator.dialects import DEVICE, EVENT, HEALTH, Dialect
from ingest.simulator.dice import Dice
from ingest.simulator.event import Event
from ingest.simulator.fault import Fault
from ingest.simulator.reading import Reading
from ingest.simulator.state import State
from ingest.simulator.track import Track

DAY_S = 86_400
FIRST_DAY = -100  # its clock starts so many days before the run, and stays behind the wall


class Wearer:
    """A device that is worn. Records are numbered and made again when they are needed, not kept."""

    has_clock = True

    def __init__(self, *, seed: int, index: int, serial: str, dialect: Dialect, started: int) -> None:
        self.serial = serial
        self.dialect = dialect
        self.ids = ids.of_device(Dice(seed, "ids", index))
        self.readings, self.states, self.events = Track(HEALTH), Track(DEVICE), Track(EVENT)
        self.faults = Track("fault")
        self.known_faults: list[Fault] = []
        # event → the reading in it, or ~number of the fault in it
        self.nested: dict[int, int] = {}
        # reading → the upload methods that may be stored, where there is not only the one of its dialect
        self._methods: dict[int, set[str]] = {}
        self._seed, self._index, self._started = seed, index, started
        self._clock = started + FIRST_DAY * DAY_S + Dice(seed, "clock", index).below(14 * DAY_S)

    def dice(self, *names: object) -> Dice:
        return Dice(self._seed, self._index, *names)

    def tick(self, dice: Dice, *, most: int = 120) -> int:
        """A second later than any before."""
        behind = self._clock < self._started - 10 * DAY_S
        self._clock += dice.between(1, most) if behind else 1
        return self._clock

    def reading(self, number: int) -> Reading:
        """What it measured."""
        first = self.readings.rivals.get(number)
        if first is not None:
            return reading.rival(self.reading(first))
        return reading.measure(self.dice("reading", number), at=self.readings.times[number], ids=self.ids)

    def state(self, number: int) -> State:
        """How it was."""
        first = self.states.rivals.get(number)
        if first is not None:
            return state.rival(self.state(first))
        return state.make(self.dice("state", number), at=self.states.times[number], ids=self.ids)

    def event(self, number: int) -> Event:
        """What happened to it."""
        first = self.events.rivals.get(number)
        if first is not None:
            return event.rival(self.event(first))
        at, has_place = self.events.times[number], self.dialect.event_has_place
        return event.make(self.dice("event", number), at=at, number=number, ids=self.ids, has_place=has_place)

    def method(self, number: int) -> str:
        """What a reading says it was sent by."""
        return self.dice("method", number).one_of(tuple(self.dialect.methods))

    def stored_methods(self, number: int) -> set[str]:
        """The upload methods that a reading may be stored with."""
        return self._methods.get(number) or {self.dialect.methods[self.method(number)]}

    def is_relayed(self, number: int) -> None:
        """A phone sends a reading that the watch has sent before."""
        self._methods[number] = {*self.stored_methods(number), "bluetooth"}

    def is_also_in_an_event(self, number: int) -> None:
        self._methods[number] = {*self.stored_methods(number), "common_event"}

    def measures_in_an_event(self, at: int) -> int:
        """A reading that no ring has: only its event carries it."""
        number = self.readings.add(at)
        self._methods[number] = {"common_event"}
        return number

    def is_plain(self, track: Track, number: int) -> bool:
        """Whether it is a reading that carries nothing and travels in one way only, a state, or an event at a place
        that carries nothing."""
        if track is self.readings:
            return number not in self._methods and reading.is_plain(self.reading(number))
        if track is self.events:
            return number not in self.nested and self.event(number).latitude is not None
        return True
