"""Entries of one kind, opened and stored in chunks that make one transaction each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from streaming import deadletters
from streaming.deadletters import Burial
from streaming.failures import Unavailable
from streaming.opening import Fields, open_entry, whole
from streaming.probing import probe
from streaming.registry import Kind
from streaming.storing import Item, Spend, Tally, store

CHUNK_RECORDS = 1_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """Entries to acknowledge together once `store` has returned, and the `rest` of the batch after them."""

    batch: "Batch"
    identifiers: Sequence[bytes]
    items: Sequence[Item]
    burials: Sequence[Burial]
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
        """Chunks of at most about 1,000 records, whole entries each, opened as they are needed."""
        identifiers: list[bytes] = []
        items: list[Item] = []
        burials: list[Burial] = []
        for index, (identifier, fields) in enumerate(self.entries, 1):
            more, dead = self._open(identifier, fields)
            identifiers.append(identifier)
            items += more
            burials += dead
            if len(items) + len(burials) >= CHUNK_RECORDS or index == len(self.entries):
                yield Chunk(self, identifiers, items, burials, [each for each, _ in self.entries[index:]])
                identifiers, items, burials = [], [], []

    def _open(self, identifier: bytes, fields: Fields) -> tuple[list[Item], list[Burial]]:
        try:
            return open_entry(self.kind, identifier, fields)
        except Exception as error:
            if not self.isolated or isinstance(error, (Unavailable, OSError, MemoryError)):
                raise
            probe(self.kind)
            reason = f"{deadletters.UNEXPECTED}: {type(error).__name__}"
            return [], [whole(self.kind, identifier, fields, reason)]
