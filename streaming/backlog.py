"""What is still to be stored: undelivered plus pending. The length of a stream counts what is already done."""

import time
from dataclasses import dataclass
from typing import Any

import redis

from ljwx.redis import client
from streaming import groups
from streaming.registry import Kind

EXACT = 10_000
PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Backlog:
    """Entries of one kind: `undelivered` is exact up to 10,000 and a lower bound beyond. `oldest_s`: age in seconds
    of the oldest entry that is not acknowledged, None when there is none."""

    length: int
    undelivered: int
    pending: int
    oldest_s: float | None

    @property
    def total(self) -> int:
        return self.undelivered + self.pending


def measure(kind: Kind, *, now: float | None = None) -> Backlog:
    """The backlog of `kind`. Raises redis.RedisError when it can not be known: no answer is never zero."""
    connection = client("control")
    try:
        group = groups.of(connection.xinfo_groups(kind.stream), kind)
    except redis.ResponseError as error:
        if "no such key" in str(error).lower():
            return Backlog(0, 0, 0, None)
        raise
    length = connection.xlen(kind.stream)
    delivered: Any = group["last-delivered-id"] if group else b"0-0"
    first, undelivered = _undelivered(connection, kind.stream, delivered)
    if undelivered >= EXACT:
        # Without a group nobody has read anything of the stream.
        undelivered = max(undelivered, (group.get("lag") or 0) if group else length)
    pending = group["pending"] if group else 0
    if pending:
        first = connection.xpending(kind.stream, kind.group)["min"] or first
    now = time.time() if now is None else now
    oldest = max(0.0, now - int(bytes(first).split(b"-")[0]) / 1000) if first else None
    return Backlog(length, undelivered, pending, oldest)


def _undelivered(connection: redis.Redis, stream: str, after: bytes) -> tuple[bytes | None, int]:
    # Redis' own `lag` is null after XDEL and wrong after trimming unread entries: count.
    first: bytes | None = None
    cursor, count = after, 0
    while count < EXACT:
        page: Any = connection.xrange(stream, min=b"(" + cursor, count=PAGE)
        if not page:
            break
        first, cursor, count = first or page[0][0], page[-1][0], count + len(page)
    return first, count
