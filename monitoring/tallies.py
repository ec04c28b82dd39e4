"""What became of uploads and records, told by accept and by the consumers: the evidence of either path.

It is kept in the database and not in Redis, for it must be read, and lead to a rollback, while Redis is away. Telling
is memory alone. The process writes what it was told once a second (`monitoring.flushing`): each count exactly once, or
never when the process is killed before.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b

import msgspec
from django.conf import settings

from ljwx.databaseclock import DatabaseTime, now
from ljwx.portions import ROW, portions
from monitoring import processes
from monitoring.bucket import Bucket, Key
from monitoring.models import Tally

log = logging.getLogger(__name__)
clock: Callable[[], float] = time.monotonic

# The paths on which devices are by their share, whether anything was told of them or not.
PATHS = ("legacy", "stream")

# Reasons of errors. What the edge found impossible, and what a device sends twice with other values, is none.
REFUSED = "refused"  # answered 503
FALLBACK = "fallback"  # the device's share is the stream, and only the legacy writer has saved it
DEAD = "dead"  # a dead letter made at decoding or storing
LOST = "lost"  # deleted from the stream before it was stored
DROPPED = "dropped"  # a mirrored copy that was not appended
OF_DEVICES = (REFUSED, FALLBACK, DEAD, LOST)
OF_COPIES = (DROPPED, DEAD)

# The path of mirrored copies: no device's. Its latency is from the legacy commit to the answer of Redis.
SHADOW = "shadow"

# More paths and epochs than this in a second are none of ours: somebody else writes entries.
MOST_KEYS = 200
OTHER = "other"

# As long as rows are kept: what a database that was away longer has missed is no evidence any more.
KEPT_S = 15 * 60


@dataclass(slots=True)
class Batch:
    """What one flush writes as one row. `number` makes it one however often it is tried; `taken_at`: `clock`."""

    number: int
    taken_at: float
    buckets: list[Bucket]
    tried: bool = False


_lock = threading.Lock()
_told: dict[Key, Bucket] = {}
_waiting: list[Batch] = []
_number = 0
_giving_up = False


def upload(path: str, kind: str, epoch: int, *, seconds: float, accepted: int = 0, good: int = 0) -> None:
    """An upload was answered after `seconds`: so many of its records are in the stream, so many are stored. Never
    fails, never waits for anything but another count."""
    with _lock:
        bucket = _bucket(path, kind, epoch)
        bucket.uploads += 1
        bucket.accepted += accepted
        bucket.good += good
        bucket.latency.add(seconds)


def stored(path: str, kind: str, epoch: int, records: int) -> None:
    """A consumer has stored records of entries of that path and epoch, or found them stored."""
    with _lock:
        _bucket(path, kind, epoch).good += records


def failed(path: str, kind: str, epoch: int, reason: str, *, device_sn: str = "", records: int = 1) -> None:
    """The path did something wrong with records of a device; "" when nobody knows of which."""
    device = device_hash(device_sn) if device_sn else ""
    with _lock:
        _bucket(path, kind, epoch).fail(reason, records, device)


def _bucket(path: str, kind: str, epoch: int) -> Bucket:
    # A plain tuple is equal to the key and made in a fifth of its time.
    found: Bucket | None = _told.get((path, kind, epoch))  # type: ignore[call-overload]
    if found is None:
        key = Key(path, kind, epoch) if len(_told) < MOST_KEYS else Key(OTHER, kind, 0)
        found = _told.setdefault(key, Bucket(*key))
    return found


def device_hash(device_sn: str) -> str:
    """What stands for a device: the same in all processes that share the secret key, and no serial to anybody else."""
    return blake2b(device_sn.encode(errors="surrogatepass"), digest_size=5, key=_key(settings.SECRET_KEY)).hexdigest()


@cache
def _key(secret: str) -> bytes:
    return blake2b(f"device:{secret}".encode(), digest_size=32).digest()


@contextlib.contextmanager
def taken() -> Iterator[list[Batch]]:
    """What is to be written: forgotten when the block ends well, kept when it raises, at most 15 minutes."""
    global _told, _number, _giving_up
    with _lock:
        if _told:
            _number += 1
            _waiting.append(Batch(_number, clock(), list(_told.values())))
            _told = {}
        if old := [batch for batch in _waiting if clock() - batch.taken_at > KEPT_S]:
            del _waiting[: len(old)]
            if not _giving_up:
                log.warning("counts that wait for the database for more than 15 min are given up until it takes them")
            _giving_up = True
        batches = list(_waiting)
    yield batches
    with _lock:
        del _waiting[: len(batches)]
        _giving_up = False


def write(batches: Sequence[Batch]) -> None:
    """Write `batches` in the caller's transaction. Raises django.db.Error. One whose COMMIT nobody could be sure of is
    not written twice."""
    process = processes.name()
    doubtful = [batch.number for batch in batches if batch.tried]
    rows = Tally.objects.filter(process=process, number__in=doubtful) if doubtful else Tally.objects.none()
    known = set(rows.values_list("number", flat=True))
    for batch in batches:
        batch.tried = True
    new = (
        Tally(process=process, number=batch.number, written=DatabaseTime(), data=encode(batch.buckets))
        for batch in batches
        if batch.number not in known
    )
    # After an outage they are hundreds, each with the devices that were refused meanwhile.
    for part in portions(new, weigh=lambda row: ROW + len(row.data)):
        Tally.objects.bulk_create(part)


def encode(buckets: Sequence[Bucket]) -> str:
    """The text of a row."""
    return msgspec.json.encode(buckets).decode()


def prune(*, moment: float | None = None) -> int:
    """Delete rows older than 15 minutes by the database's clock; how many. Raises django.db.Error."""
    return Tally.objects.filter(written__lt=(now() if moment is None else moment) - KEPT_S).delete()[0]


def told() -> list[Bucket]:
    """What was told and is not written yet, a bucket for each key."""
    with _lock:
        found: dict[Key, Bucket] = {}
        for bucket in [*(each for batch in _waiting for each in batch.buckets), *_told.values()]:
            found.setdefault(bucket.key, Bucket(bucket.path, bucket.kind, bucket.epoch)).merge(bucket)
    return [found[key] for key in sorted(found)]


def forget() -> None:
    """Drop what is not written yet, as a killed process does."""
    with _lock:
        _told.clear()
        _waiting.clear()


def _begin() -> None:
    # A child has told nothing, may not write what its parent was told, and may have inherited a lock that is held.
    global _lock
    _lock = threading.Lock()
    forget()


os.register_at_fork(after_in_child=_begin)
