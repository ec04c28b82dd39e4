"""Entries of one kind, opened and stored in chunks that make one transaction each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from streaming import deadletters
from streaming.deadletters import Burial
from streaming.envelope import FIELD, Origin
from streaming.failures import Unavailable
from streaming.opening import Fields, Opened, buried, open_entry
from streaming.probing import probe
from streaming.registry import Kind
from streaming.storing import Item, Spend, Tally, store

CHUNK_RECORDS = 1_000
# Of entries as they are in the stream: what devices send may be 256 kB each.
CHUNK_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """Entries to acknowledge together once `store` has returned, and the `rest` of the batch after them. The edge has
    received all of them in the same `minute`, so that their tally is that minute's in the ledger; `origins` says how
    many of the records each route has sent."""

    batch: "Batch"
    identifiers: Sequence[bytes]
    items: Sequence[Item]
    burials: Sequence[Burial]
    minute: int
    origins: Mapping[Origin, int]
    rest: Sequence[bytes]

    @property
    def records(self) -> int:
        return len(self.items) + len(self.burials)

    def store(self) -> Tally:
        """Store or bury every record: committed when this returns. Raises as `storing.store` does."""
        batch = self.batch
        return store(batch.kind, self.items, self.burials, spend=batch.spend, isolated=batch.isolated)


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries that have content. `isolated`: one that was alone when it ended its consumer, so that what nobody has
    foreseen is its own fault when a probe write works."""

    kind: Kind
    entries: Sequence[tuple[bytes, Fields]]
    spend: Spend
    isolated: bool = False

    def chunks(self) -> Iterator[Chunk]:
        """Chunks of about 1,000 records or 8 MB at most, whole entries of one minute each, opened as needed."""
        identifiers: list[bytes] = []
        items: list[Item] = []
        burials: list[Burial] = []
        origins: dict[Origin, int] = {}
        minute = size = 0
        for index, (identifier, fields) in enumerate(self.entries):
            opened = self._open(identifier, fields)
            most = max(len(items) + len(burials), len(identifiers))
            full = most >= CHUNK_RECORDS or size >= CHUNK_BYTES
            if identifiers and (full or opened.minute != minute):
                rest = [each for each, _ in self.entries[index:]]
                yield Chunk(self, identifiers, items, burials, minute, origins, rest)
                identifiers, items, burials, origins, size = [], [], [], {}, 0
            minute = opened.minute
            size += len(fields.get(FIELD, b""))
            identifiers.append(identifier)
            items += opened.items
            burials += opened.burials
            origins[opened.origin] = origins.get(opened.origin, 0) + len(opened.items)
        if identifiers:
            yield Chunk(self, identifiers, items, burials, minute, origins, [])

    def _open(self, identifier: bytes, fields: Fields) -> Opened:
        try:
            return open_entry(self.kind, identifier, fields)
        except Exception as error:
            if not self.isolated or isinstance(error, (Unavailable, OSError, MemoryError)):
                raise
            probe(self.kind)
            return buried(self.kind, identifier, fields, f"{deadletters.UNEXPECTED}: {type(error).__name__}")
