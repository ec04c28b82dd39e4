"""One record of one device, by its number."""

from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.simulator import speech
from ingest.simulator.track import Track

if TYPE_CHECKING:
    from ingest.simulator.wearer import Wearer


class Entry(NamedTuple):
    """The device, the track that the record belongs to, and its number there."""

    wearer: "Wearer"
    track: Track
    number: int

    @property
    def is_fault(self) -> bool:
        return self.track is self.wearer.faults

    @property
    def kind(self) -> str:
        return self.wearer.known_faults[self.number].kind if self.is_fault else self.track.kind

    def element(self, *, relayed: bool = False) -> Any:
        """The record as it is written on the wire, always the same."""
        return speech.element(self.wearer, self.track, self.number, relayed=relayed)

    def inside(self) -> "list[Entry]":
        """The record and, when it is an event that carries one, its reading or its fault."""
        held = self.wearer.nested.get(self.number) if self.track is self.wearer.events else None
        if held is None:
            return [self]
        if held < 0:
            return [self, Entry(self.wearer, self.wearer.faults, ~held)]
        return [self, Entry(self.wearer, self.wearer.readings, held)]

    def may_have_rival(self) -> bool:
        """Whether another record of its second would be a conflict and nothing else."""
        if self.is_fault or self.track.has_rival(self.number):
            return False
        return self.wearer.is_plain(self.track, self.number)

    def rival(self, *, certain: bool) -> "Entry":
        """A record of the same second with other values. `certain`: it always travels right behind the first."""
        return Entry(self.wearer, self.track, self.track.add_rival(self.number, certain=certain))
