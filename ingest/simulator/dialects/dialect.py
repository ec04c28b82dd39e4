"""What every dialect can say."""

import abc
from collections.abc import Mapping, Sequence
from typing import Any

from ingest.simulator.dialects.style import Style
from ingest.simulator.dice import Dice
from ingest.simulator.event import Event
from ingest.simulator.reading import Reading
from ingest.simulator.state import State

Element = Any  # one record on the wire: an object, or msgspec.Raw

HEALTH, DEVICE, EVENT = "health", "device", "event"
NAMES = {HEALTH: "health_data", DEVICE: "device_info", EVENT: "common_event"}


class Dialect(abc.ABC):
    """One client's way to write records and to post them.

    `style`, `state_names`, `event_names`: what its fields are called. `methods`: what its readings may name as upload
    method → what is stored. `reads_answer`: whether it believes the body of an answer too, not only its status.
    `event_has_place`: whether its events carry position and ids.
    """

    style: Style
    state_names: dict[str, str]
    event_names: dict[str, str]
    methods: dict[str, str]
    reads_answer = True
    event_has_place = True

    def reading(self, reading: Reading, dice: Dice, *, serial: str, method: str) -> dict[str, Any]:
        return self.style.reading(reading, dice, serial=self.serial(serial, dice), method=method)

    @abc.abstractmethod
    def state(self, state: State, dice: Dice, *, serial: str) -> dict[str, Any]: ...

    @abc.abstractmethod
    def event(self, event: Event, dice: Dice, *, serial: str, nested: Element | None, timed: bool) -> dict[str, Any]:
        """`nested`: the object of its health record; without `timed` the event says no time of its own."""

    @abc.abstractmethod
    def envelope(self, kind: str, elements: Sequence[Element], dice: Dice) -> Any:
        """What is posted for one or more records of a kind."""

    def names(self, kind: str) -> Mapping[str, str]:
        """Canonical field → name on the wire."""
        return {HEALTH: self.style.names, DEVICE: self.state_names, EVENT: self.event_names}[kind]

    def path(self, kind: str, dice: Dice) -> str:
        return f"/upload_{NAMES[kind]}"

    def serial(self, serial: str, dice: Dice) -> str:
        """The serial as this client writes it."""
        return serial
