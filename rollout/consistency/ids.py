"""The ids of entries as numbers: milliseconds and a number within them. They grow, and so compare as tuples."""

from typing import NamedTuple

MOST_SEQ = 2**63 - 1


class Id(NamedTuple):
    """The id of an entry, or a place between two."""

    ms: int
    seq: int = 0

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}"

    def before(self) -> "Id":
        """The last id that is smaller."""
        return Id(self.ms, self.seq - 1) if self.seq else Id(self.ms - 1, MOST_SEQ)

    def after(self) -> "Id":
        """The first id that is larger."""
        return Id(self.ms, self.seq + 1)


def of(identifier: bytes) -> Id:
    """The id that Redis writes so."""
    ms, _, seq = bytes(identifier).partition(b"-")
    return Id(int(ms), int(seq or 0))
