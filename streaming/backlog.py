"""What is still to be stored: undelivered plus pending. The length of a stream counts what is already done."""

import time
from dataclasses import dataclass
from typing import Any

import redis

from ljwx.redis import client, says_missing
from streaming import groups, paging
from streaming.registry import Kind

EXACT = 10_000
EXACT_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Backlog:
    """Entries of one kind: `undelivered` is exact up to 10,000 or 16 MB of them and a lower bound beyond. `oldest_s`:
    age in seconds of the oldest entry that is not acknowledged, None when there is none."""

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
        if says_missing(error):
            return Backlog(0, 0, 0, None)
        raise
    length = connection.xlen(kind.stream)
    delivered: Any = group["last-delivered-id"] if group else b"0-0"
    # Redis' own `lag` is null after XDEL and wrong after trimming unread entries: count.
    found, exact = paging.read(connection, kind.stream, after=delivered, most=EXACT, most_bytes=EXACT_BYTES)
    undelivered = len(found)
    if not exact:
        # Without a group nobody has read anything of the stream.
        undelivered = max(undelivered, (group.get("lag") or 0) if group else length)
    first = found[0][0] if found else None
    pending = group["pending"] if group else 0
    if pending:
        first = connection.xpending(kind.stream, kind.group)["min"] or first
    now = time.time() if now is None else now
    oldest = max(0.0, now - int(bytes(first).split(b"-")[0]) / 1000) if first else None
    return Backlog(length, undelivered, pending, oldest)
