"""Entries that consumers which no longer live left pending: taken over a page at a time."""

from dataclasses import dataclass
from typing import Any

import redis

from streaming.opening import RawEntry
from streaming.registry import Kind

CLAIM_EVERY_S = 10.0
START = b"0-0"


@dataclass(frozen=True, slots=True)
class Page:
    """Entries now pending for us, and how many that were deleted Redis 7 has dropped from the pending ones.

    6.2 hands those out without content instead.
    """

    entries: list[RawEntry]
    deleted: int


class Claims:
    """Passes over all pending entries of the kinds, one every 10 s, each following XAUTOCLAIM's cursor to its end.

    One page a step, so that a host's whole backlog does not keep new entries waiting. What is idle for less than
    `idle_ms` belongs to a consumer that lives.
    """

    def __init__(self, *, name: str, connection: redis.Redis, idle_ms: int, size: int) -> None:
        self._name = name
        self._connection = connection
        self._idle_ms = idle_ms
        self._size = size
        self._cursors: dict[str, bytes] = {}
        self._begun_at: dict[str, float] = {}

    @property
    def under_way(self) -> bool:
        return bool(self._cursors)

    def begin(self, kind: Kind, now: float) -> bool:
        """Whether a pass over `kind` begins now."""
        before = self._begun_at.get(kind.name)
        if kind.name in self._cursors or (before is not None and now - before < CLAIM_EVERY_S):
            return False
        self._begun_at[kind.name] = now
        self._cursors[kind.name] = START
        return True

    def page(self, kind: Kind) -> Page:
        """The next page of the pass; nothing between two passes. Raises redis.RedisError."""
        cursor = self._cursors.get(kind.name)
        if cursor is None:
            return Page([], 0)
        reply: Any = self._connection.xautoclaim(
            kind.stream, kind.group, self._name, self._idle_ms, cursor, count=self._size
        )
        cursor, entries, *deleted = reply
        if cursor == START:
            del self._cursors[kind.name]
        else:
            self._cursors[kind.name] = cursor
        return Page(entries, len(deleted[0]) if deleted else 0)

    def leave(self) -> None:
        """Something failed: what was under way begins anew."""
        for name in self._cursors:
            del self._begun_at[name]
        self._cursors.clear()
