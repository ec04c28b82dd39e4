"""One Redis stream in memory: entries, groups and what is pending in them, as Redis 7 keeps them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

Id = tuple[int, int]
Fields = dict[bytes, bytes]
FIRST: Id = (0, 0)
LAST: Id = (2**64 - 1, 2**64 - 1)


def text(identifier: Id) -> bytes:
    """An id as Redis writes it."""
    return b"%d-%d" % identifier


def parsed(value: bytes | str | int, *, sequence: int = 0) -> Id:
    """The id in `value`; `sequence` where it names only milliseconds."""
    content = value if isinstance(value, bytes) else str(value).encode()
    if content in (b"-", b"+"):
        return FIRST if content == b"-" else LAST
    milliseconds, found, rest = content.partition(b"-")
    return int(milliseconds), int(rest) if found else sequence


@dataclass(slots=True)
class Pending:
    """An entry that was delivered and not acknowledged: to whom, when (ms), how often."""

    consumer: bytes
    delivered_ms: int
    count: int = 1


@dataclass(slots=True)
class Group:
    """A consumer group. `pending` is in no order: Redis sorts it by id, and so do its readers here."""

    delivered: Id
    pending: dict[Id, Pending] = field(default_factory=dict)
    consumers: set[bytes] = field(default_factory=set)

    def from_id(self, start: Id) -> list[Id]:
        """The pending ids from `start` on."""
        return sorted(identifier for identifier in self.pending if identifier >= start)


@dataclass(slots=True)
class Node:
    """A block of entries, which an approximate trim removes whole or not at all. Deleted ones count in `added`."""

    added: int = 0
    last: Id = FIRST
    alive: set[Id] = field(default_factory=set)


@dataclass(slots=True)
class Stream:
    """Entries in the order of their ids."""

    node_most: int = 100
    entries: dict[Id, Fields] = field(default_factory=dict)
    groups: dict[bytes, Group] = field(default_factory=dict)
    last: Id = FIRST
    nodes: list[Node] = field(default_factory=list)

    def append(self, identifier: Id, fields: Fields) -> None:
        self.entries[identifier] = fields
        self.last = identifier
        if not self.nodes or self.nodes[-1].added >= self.node_most:
            self.nodes.append(Node())
        node = self.nodes[-1]
        node.added += 1
        node.last = identifier
        node.alive.add(identifier)

    def between(self, least: Id, most: Id = LAST) -> Iterator[tuple[Id, Fields]]:
        for identifier, fields in self.entries.items():
            if least <= identifier <= most:
                yield identifier, fields

    def after(self, identifier: Id) -> Iterator[tuple[Id, Fields]]:
        return self.between((identifier[0], identifier[1] + 1))

    def delete(self, identifier: Id) -> bool:
        if self.entries.pop(identifier, None) is None:
            return False
        node = next(node for node in self.nodes if identifier in node.alive)
        node.alive.discard(identifier)
        if not node.alive:
            self.nodes.remove(node)
        return True

    def trim_below(self, least: Id, *, approximate: bool) -> int:
        """XTRIM MINID."""
        return self._trim(lambda node: node.last < least, lambda identifier: identifier < least, approximate)

    def trim_to(self, most: int, *, approximate: bool) -> int:
        """XTRIM MAXLEN."""
        return self._trim(
            lambda node: len(self.entries) - len(node.alive) >= most,
            lambda _: len(self.entries) > most,
            approximate,
        )

    def _trim(self, whole: "object", one: "object", approximate: bool) -> int:
        before = len(self.entries)
        while self.nodes and whole(self.nodes[0]):  # type: ignore[operator]
            for identifier in sorted(self.nodes[0].alive):
                self.delete(identifier)
        if not approximate:
            while self.entries and one(next(iter(self.entries))):  # type: ignore[operator]
                self.delete(next(iter(self.entries)))
        return before - len(self.entries)
