"""What a kind of upload is to the stream: its names, its record type, and how it is stored.

`ingest` registers its kinds when Django starts; nothing in this layer knows what a record means.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from streaming.envelope import Reject
    from streaming.rows import Mirrored, Rows

Record = Any  # a msgspec struct of the kind's own type
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """What a writer did with its records: `new` rows, `duplicates` left alone, and `conflicts` (kind, record)
    whose natural key is taken by other values. `fresh`: the records that the new rows are of, those carried included.
    """

    new: int = 0
    duplicates: int = 0
    conflicts: Sequence[tuple[str, Record]] = ()
    fresh: Sequence[Record] = field(default=(), compare=False)

    def __add__(self, other: "Written") -> "Written":
        return Written(
            self.new + other.new,
            self.duplicates + other.duplicates,
            [*self.conflicts, *other.conflicts],
            [*self.fresh, *other.fresh],
        )


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
    """Stores records of one kind inside the caller's transaction; with `shadow` by the same statements in the shadow
    tables, and nothing else happens for them. Idempotent on the natural key."""

    def __call__(self, records: Sequence[Record], shadow: bool = False) -> Written: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of upload. `priority` 0 is read first and gets a consumer of its own.

    `reread` reads the text of one record again, as it was received at an epoch millisecond; it raises ValueError with
    the reason when that is still no record. `probe` makes a record that can always be written, which is never
    committed; a kind without one buries nothing that only a probe write could tell from a broken world. `carried`: what
    its records carry that can be refused without them. `marks` gives the highest id of each of its tables. `rows` finds
    and compares what was stored; a kind without it is not checked. `mirrored` does so for what was stored twice; a kind
    without it has no shadow. `shadow_of`: the name of the kind that this one is the shadow of.
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
    mirrored: "Mirrored | None" = None
    shadow_of: str = ""

    @property
    def origin(self) -> str:
        """The kind that people know: its own name, or that of which it is the shadow."""
        return self.shadow_of or self.name


class UnknownKind(LookupError):
    """Raised when a name is asked for that nobody registered."""


_kinds: dict[str, Kind] = {}
_shadows: dict[str, Kind] = {}

SHADOW = "{}-shadow"
# Read after every kind of upload.
LAST = 1_000


def register(kind: Kind) -> None:
    """Declare `kind`; a second declaration of its name or stream is a programming error."""
    if any(kind.name == other.name or kind.stream == other.stream for other in _kinds.values()):
        raise ValueError(f"kind {kind.name!r} or stream {kind.stream!r} is registered already")
    _kinds[kind.name] = kind
    if kind.mirrored is not None:
        _shadows[kind.name] = _shadow(kind)


def _shadow(kind: Kind) -> Kind:
    """`kind` once more, in a stream and tables that nobody else reads: nothing of it is replayed or backed up."""
    return replace(
        kind,
        name=SHADOW.format(kind.name),
        stream=f"{kind.stream}:shadow",
        group=f"{kind.group}:shadow",
        write=partial(kind.write, shadow=True),
        priority=LAST + kind.priority,
        reread=None,
        marks=None,
        shadow_of=kind.name,
    )


def shadow(name: str) -> Kind | None:
    """The shadow of the kind called `name`; None when it has none."""
    return _shadows.get(name)


def shadows() -> list[Kind]:
    """The shadow of each kind that has one, the most urgent first."""
    return [found for kind in kinds() if (found := _shadows.get(kind.name)) is not None]


def consumed() -> list[Kind]:
    """What consumers serve: all kinds, then their shadows."""
    return [*kinds(), *shadows()]


def get(name: str) -> Kind:
    """The kind called `name`, which may be a shadow. Raises UnknownKind."""
    try:
        return _kinds.get(name) or next(kind for kind in _shadows.values() if kind.name == name)
    except StopIteration:
        raise UnknownKind(f"no kind {name!r}; there are {', '.join(sorted(_kinds))}") from None


def kinds() -> list[Kind]:
    """All kinds of upload, without their shadows, the most urgent first."""
    return sorted(_kinds.values(), key=lambda kind: (kind.priority, kind.name))
