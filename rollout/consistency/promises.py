"""What an entry promises: each of its records is a row, or a dead letter."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rollout.consistency import ids
from rollout.consistency.ids import Id
from streaming import deadletters, opening, registry
from streaming.deadletters import Burial
from streaming.envelope import Origin
from streaming.opening import MOST_APART_MS, Fields
from streaming.registry import Key, Kind, Record


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the stream of `kind`, as Redis hands it out."""

    kind: Kind
    identifier: bytes
    fields: Fields = field(repr=False)

    @property
    def id(self) -> Id:
        return ids.of(self.identifier)

    def whole(self) -> Burial:
        """The burial of all of it, as a consumer makes it that can make nothing of it."""
        return opening.whole(self.kind, self.identifier, self.fields, "")


@dataclass(frozen=True, slots=True)
class Promise:
    """One record of an entry, or one thing that must be a dead letter (`record` None). `ordinal`: its place in the
    entry; `part_of`: the ordinal of the record that it is stored with. `received_ms`: when the edge accepted it."""

    entry: Entry
    ordinal: int
    kind: Kind
    record: Record | None
    received_ms: int
    origin: Origin
    burial: Burial | None = None
    part_of: int | None = None

    @property
    def key(self) -> Key | None:
        """The natural key of its row; None when no row can have it: then it was buried for that."""
        if self.record is None:
            return None
        try:
            return self.kind.key(self.record)
        except (OverflowError, ValueError):
            return None

    @property
    def device(self) -> str:
        """The serial of its device."""
        return self.kind.device(self.record) if self.burial is None else self.burial.device_sn

    @property
    def letter(self) -> Burial:
        """The dead letter that keeps the promise instead of a row."""
        if self.burial is not None:
            return self.burial
        return deadletters.of_record(self.kind, self.record, "", received_ms=self.received_ms, origin=self.origin)


def of_entry(entry: Entry) -> list[Promise]:
    """Everything that an entry promises, in a fixed order: records, what they bring along, what must be buried."""
    opened = opening.open_entry(entry.kind, entry.identifier, entry.fields)
    at_ms = entry.id.ms
    found: list[Promise] = []

    def add(kind: Kind, record: Record | None, received_ms: int, **more: Any) -> int:
        near = abs(received_ms - at_ms) < MOST_APART_MS
        found.append(Promise(entry, len(found), kind, record, received_ms if near else at_ms, opened.origin, **more))
        return found[-1].ordinal

    for item in opened.items:
        whole = add(entry.kind, item.record, item.received_ms)
        for kind, part in _parts(entry.kind, item.record):
            add(kind, part, item.received_ms, part_of=whole)
    for burial in opened.burials:
        add(entry.kind, None, burial.received_ms, burial=burial)
    return found


def _parts(kind: Kind, record: Record) -> Iterator[tuple[Kind, Record]]:
    for name, part in kind.rows.parts(record) if kind.rows else ():
        yield (registry.shadow(name) if kind.shadow_of else None) or registry.get(name), part
