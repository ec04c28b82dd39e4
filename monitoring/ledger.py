"""The ledger: accepted = stored + duplicate + dead + in flight, per minute of receipt and kind.

Counts are taken where things happen. The edge counts what it has promised in its memory and writes it to the database
once a second, so that neither a slow database nor an emptied Redis touches an upload or the count. A consumer counts
what became of an entry in the very transaction of Redis that acknowledges it: exactly once, whenever it may die.

A web process that is killed, or whose COMMIT gets no answer, forgets up to a second of its promises. So may a promise
that was doubted and kept twice be counted twice at its end. Both make more outcomes than promises: they can hide a
loss, never invent one.
"""

import contextlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import F

from ljwx.redis import client, ledger_key
from monitoring.models import LedgerCount

log = logging.getLogger(__name__)

# The path of entries; the test lane's count as the others.
STREAM = "stream"
ACCEPTED, STORED, DUPLICATE, DEAD = "accepted", "stored", "duplicate", "dead"
# Records of appends of which nobody knows whether Redis has them; their fallback or their device made them good.
UNSURE = "unsure"
KEPT_S = 3 * 24 * 3600
MINUTE_MS = 60_000


class Key(NamedTuple):
    """What is counted: `minute` is minutes since 1970 at the edge."""

    minute: int
    kind: str
    path: str
    what: str


Counts = Counter[Key]

_lock = threading.Lock()
_told: Counts = Counter()


def tell(kind: str, path: str, what: str, count: int, *, received_ms: int) -> None:
    """Count records in this process's memory. Never fails, never waits for anything but another count."""
    with _lock:
        _told[Key(received_ms // MINUTE_MS, kind, path, what)] += count


def told() -> Counts:
    """What was told and is not written yet."""
    with _lock:
        return _told.copy()


def forget_told() -> None:
    """Drop what is not written yet, as a killed process does."""
    with _lock:
        _told.clear()


@contextlib.contextmanager
def taken() -> Iterator[Counts]:
    """What is to be written: forgotten when the block ends well, kept when it raises."""
    global _told
    with _lock:
        counts, _told = _told, Counter()
    written = False
    try:
        yield counts
        written = True
    finally:
        if not written:
            with _lock:
                _told += counts


def write(counts: Counts) -> None:
    """Write `counts` in the caller's transaction. Raises django.db.Error.

    Before its COMMIT the caller forgets them (`counts.clear()`): one whose reply is lost may have taken place, and to
    count twice what was promised would invent a loss.
    """
    for key, count in sorted(counts.items()):
        _add(key, count)


def _add(key: Key, count: int) -> None:
    rows = LedgerCount.objects.filter(**key._asdict())
    if not rows.update(count=F("count") + count):
        LedgerCount.objects.get_or_create(**key._asdict())
        rows.update(count=F("count") + count)


@dataclass(frozen=True, slots=True)
class Line:
    """One minute of one kind and path. `residue`: promises of which nothing is known; `settled`: nothing of the minute
    can be in flight any more, so that a residue above zero is a loss and not a delay."""

    minute: int
    kind: str
    path: str
    accepted: int
    stored: int
    duplicate: int
    dead: int
    unsure: int
    settled: bool

    @property
    def open(self) -> int:
        """Promises without an outcome: in flight, or lost."""
        return self.accepted - self.stored - self.duplicate - self.dead

    @property
    def in_flight(self) -> int:
        return 0 if self.settled else max(0, self.open)

    @property
    def residue(self) -> int:
        """Above zero: lost. Below: doubted promises that were kept twice, or promises of a killed process."""
        return self.open if self.settled else min(0, self.open)


def lines(first: int, last: int, *, streams: Mapping[str, str], settled_before: Mapping[str, float]) -> list[Line]:
    """The ledger from minute `first` to `last`, both included. `streams`: the stream of each kind; `settled_before`:
    epoch seconds before which nothing of a kind is in flight. Raises django.db.Error or redis.RedisError: what is not
    known is not zero."""
    counts = read(first, last, streams=streams)
    return [
        Line(
            minute,
            kind,
            path,
            **{what: counts[Key(minute, kind, path, what)] for what in (ACCEPTED, STORED, DUPLICATE, DEAD, UNSURE)},
            settled=(minute + 1) * 60 <= settled_before[kind],
        )
        for minute, kind, path in sorted({key[:3] for key in counts})
    ]


def read(first: int, last: int, *, streams: Mapping[str, str]) -> Counts:
    """All counts of these minutes, the edge's and the consumers'."""
    counts: Counts = Counter()
    rows = LedgerCount.objects.filter(minute__gte=first, minute__lte=last, kind__in=streams)
    for minute, kind, path, what, count in rows.values_list("minute", "kind", "path", "what", "count"):
        counts[Key(minute, kind, path, what)] += count
    pipeline = client("control").pipeline(transaction=False)
    asked = [(kind, minute) for kind in streams for minute in range(first, last + 1)]
    for kind, minute in asked:
        pipeline.hgetall(ledger_key(streams[kind], minute))
    for (kind, minute), found in zip(asked, pipeline.execute(), strict=True):
        for name, count in found.items():
            path, what = name.decode().split(":")
            counts[Key(minute, kind, path, what)] += int(count)
    return counts


def forget(*, now: float | None = None) -> int:
    """Delete the edge's counts that are older than three days; returns how many rows."""
    before = int((time.time() if now is None else now) - KEPT_S) // 60
    return LedgerCount.objects.filter(minute__lt=before).delete()[0]
