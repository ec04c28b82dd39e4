"""What a kind of upload is to the stream: its names, its record type, and how it is stored.

`ingest` registers its kinds when Django starts; nothing in this layer knows what a record means.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from streaming.envelope import Reject
    from streaming.rows import Rows

Record = Any  # a msgspec struct of the kind's own type
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """What a writer did with its records: `new` rows, `duplicates` left alone, and `conflicts` (kind, record)
    whose natural key is taken by other values."""

    new: int = 0
    duplicates: int = 0
    conflicts: Sequence[tuple[str, Record]] = ()

    def __add__(self, other: "Written") -> "Written":
        return Written(self.new + other.new, self.duplicates + other.duplicates, [*self.conflicts, *other.conflicts])


@dataclass(frozen=True, slots=True)
class Reread:
    """What the text of a dead letter is by today's rules: `records` of its kind, and `rejects`, parts of it that can
    still not be."""

    records: Sequence[Record]
    rejects: "Sequence[Reject]" = ()


@dataclass(frozen=True, slots=True)
class Carried:
    """What records of a kind carry: records of the kind called `kind`, which its writer stores with them. `of` names
    them; `keep(record, some)` is the record with these alone."""

    kind: str
    of: Callable[[Record], Sequence[Record]]
    keep: Callable[[Record, Sequence[Record]], Record]


class Writer(Protocol):
    """Stores records of one kind inside the caller's transaction. Idempotent on the natural key."""

    def __call__(self, records: Sequence[Record]) -> Written: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of upload. `priority` 0 is read first and gets a consumer of its own.

    `reread` reads the text of one record again, as it was received at an epoch millisecond; it raises ValueError with
    the reason when that is still no record. `probe` makes a record that can always be written, which is never
    committed; a kind without one buries nothing that only a probe write could tell from a broken world. `carried`: what
    its records carry that can be refused without them. `marks` gives the highest id of each of its tables. `rows` finds
    and compares what was stored; a kind without it is not checked.
    """

    name: str
    stream: str
    group: str
    record: type[msgspec.Struct]
    write: Writer
    key: Callable[[Record], Key]
    device: Callable[[Record], str]
    priority: int = 1
    reread: Callable[[bytes, int], Reread] | None = None
    probe: Callable[[], Record] | None = None
    carried: Carried | None = None
    marks: Callable[[], Mapping[str, int]] | None = None
    rows: "Rows | None" = None


class UnknownKind(LookupError):
    """Raised when a name is asked for that nobody registered."""


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Declare `kind`; a second declaration of its name or stream is a programming error."""
    if any(kind.name == other.name or kind.stream == other.stream for other in _kinds.values()):
        raise ValueError(f"kind {kind.name!r} or stream {kind.stream!r} is registered already")
    _kinds[kind.name] = kind


def get(name: str) -> Kind:
    """The kind called `name`. Raises UnknownKind."""
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownKind(f"no kind {name!r}; there are {', '.join(sorted(_kinds))}") from None


def kinds() -> list[Kind]:
    """All kinds, the most urgent first."""
    return sorted(_kinds.values(), key=lambda kind: (kind.priority, kind.name))
