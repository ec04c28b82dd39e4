"""A stream as it is now: what is kept of it, and what of it is settled."""

from dataclasses import dataclass
from typing import Any

import redis

from ljwx.redis import client, says_missing
from rollout.consistency import ids
from rollout.consistency.ids import Id
from rollout.consistency.promises import Entry
from streaming import groups, paging, retention
from streaming.registry import Kind

ZERO = Id(0, 0)
PAGE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Look:
    """`first`: the oldest entry that is kept, None for none; `last`: the newest id ever given. `length`, `added`:
    entries that are kept, and that were ever appended (None before Redis 7). `deleted`: the newest that somebody has
    deleted by name. `handled`: the first id that is not stored and acknowledged yet; None: all of them are. `clock`:
    what no entry can come before any more, by the clock of Redis, which gives the ids. `kept_since`: since then nothing
    was trimmed that was stored."""

    first: Id | None
    last: Id
    length: int
    added: int | None
    deleted: Id
    handled: Id | None
    clock: Id
    kept_since: Id

    def bound(self, *, now_ms: int, grace_s: float) -> Id:
        """The first id that may not be judged yet: younger than the grace, or on its way."""
        old = Id(max(0, now_ms - round(grace_s * 1000)))
        return old if self.handled is None else min(old, self.handled)


def look(kind: Kind, *, now_ms: int) -> Look:
    """The stream of `kind`. Raises redis.RedisError."""
    connection = client("control")
    seconds, micros = connection.time()
    clock = Id(seconds * 1000 + micros // 1000)
    found: Any = None
    try:
        # The group first: what is delivered or appended meanwhile can then only be taken for not handled.
        reach = groups.reach(connection, kind)
        found = connection.xinfo_stream(kind.stream)
    except redis.ResponseError as error:
        if not says_missing(error):
            raise
    # Asked last: of what was gone already it is told.
    kept_since = Id(retention.kept_since_ms(connection, kind, now_ms=now_ms))
    if found is None:
        return Look(None, ZERO, 0, None, ZERO, None, clock, kept_since)
    last = ids.of(found["last-generated-id"])
    delivered = ids.of(reach.delivered) if reach else ZERO
    waiting = [ids.of(reach.oldest)] if reach and reach.oldest else []
    waiting += [delivered.after()] if delivered < last else []
    entry = found["first-entry"]
    deleted = found.get("max-deleted-entry-id")
    return Look(
        first=ids.of(entry[0]) if entry else None,
        last=last,
        length=found["length"],
        added=found.get("entries-added"),
        deleted=ids.of(deleted) if deleted else ZERO,
        handled=min(waiting, default=None),
        clock=clock,
        kept_since=kept_since,
    )


def page(kind: Kind, *, after: Id, bound: Id | None, most: int) -> list[Entry]:
    """At most `most` entries, or about 16 MB of them, after `after` and before `bound` (None: to the end), oldest
    first. Raises redis.RedisError."""
    if bound is not None and bound <= after.after():
        return []
    end = "+" if bound is None else f"({bound}"
    found, _all = paging.read(
        client("control"), kind.stream, after=str(after).encode(), to=end, most=most, most_bytes=PAGE_BYTES
    )
    return [Entry(kind, identifier, fields) for identifier, fields in found]
