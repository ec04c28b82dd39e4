"""Reads entries, stores their records, then acknowledges."""

import logging
import os
import random
import time
from collections.abc import Callable, Sequence
from threading import Event
from typing import Any

import redis
from django.db import close_old_connections

from ljwx.redis import BLOCK_MS, CONSUMER_KEY
from ljwx.stopping import Stop
from streaming import deadletters, groups
from streaming.deadletters import Burial
from streaming.envelope import FIELD, Undecodable, decode
from streaming.failures import Unavailable
from streaming.models import DeadLetter
from streaming.registry import Kind
from streaming.storing import Item, Tally, store

log = logging.getLogger(__name__)

RawEntry = tuple[bytes | None, dict[bytes, bytes] | None]

CHUNK_RECORDS = 1_000
CLAIM_EVERY_S = 10.0
BEAT_EVERY_S = 1.0
BEAT_LIFE_S = 15
LINGER_S = 0.01
LONGEST_PAUSE_S = 5.0


class Consumer:
    """One member of the consumer groups of its kinds, under a stable name.

    Guarantee: an entry is acknowledged only after the COMMIT that stored its records or buried them with their
    reasons. A crash at any point leaves it pending; the next holder of the name reads its own history first, and
    other consumers claim what stays idle. Storing is idempotent, so a second delivery changes nothing.
    """

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(
        self,
        *,
        name: str,
        kinds: Sequence[Kind],
        connection: redis.Redis,
        batch_size: int,
        claim_idle_ms: int,
    ) -> None:
        self.name = name
        self.kinds = sorted(kinds, key=lambda kind: kind.priority)
        self.connection = connection
        self.batch_size = batch_size
        self.claim_idle_ms = claim_idle_ms
        self.total = Tally()
        self.last_error = ""
        self._with_history = {kind.name for kind in self.kinds}
        self._grouped = False
        self._claimed_at: float | None = None
        self._beat_at: float | None = None
        self._handled = 0
        self._pause = Event()

    def run(self, stopping: Stop) -> None:
        """Step until `stopping`; the batch under way is always finished. What is not the world's fault crashes."""
        failures = 0
        while not stopping.is_set():
            try:
                self.beat()
                self.step()
                failures = 0
            except (redis.RedisError, Unavailable) as error:
                failures += 1
                self.last_error = f"{type(error).__name__}: {error}"[:200]
                log.warning("%s waits (%d): %s", self.name, failures, self.last_error)
                stopping.wait(min(LONGEST_PAUSE_S, 0.1 * 2**failures) * random.uniform(0.5, 1))

    def step(self, *, block_ms: int = BLOCK_MS) -> int:
        """One bounded piece of work: own history, stale entries of others, then new ones; returns entries handled.

        Raises Unavailable or redis.RedisError with nothing of the failed batch acknowledged.
        """
        close_old_connections()
        try:
            if not self._grouped:
                self._ensure_groups()
            return self._history() or self._claim() or self._new(block_ms)
        except redis.ResponseError as error:
            self._with_history = {kind.name for kind in self.kinds}
            if not str(error).startswith(("NOGROUP", "no such key")):
                raise
            log.critical("a consumer group is gone and is made again at 0: %s", error)
            self._grouped = False
            return 0
        except (redis.RedisError, Unavailable):
            self._with_history = {kind.name for kind in self.kinds}
            raise

    def beat(self) -> None:
        """Tell who lives: once a second, for fifteen."""
        now = self.clock()
        if self._beat_at is not None and now - self._beat_at < BEAT_EVERY_S:
            return
        self._beat_at = now
        key = CONSUMER_KEY.format(self.name)
        pipeline = self.connection.pipeline(transaction=False)
        pipeline.hset(
            key,
            mapping={
                "pid": os.getpid(),
                "kinds": ",".join(kind.name for kind in self.kinds),
                "stored": self.total.new,
                "duplicates": self.total.duplicates,
                "dead": self.total.dead,
                "error": self.last_error,
                "beat": f"{time.time():.3f}",
            },
        )
        pipeline.expire(key, BEAT_LIFE_S)
        try:
            pipeline.execute()
        except redis.ResponseError as error:
            # A full Redis refuses this write but lets entries be read and acknowledged: go on and drain it.
            log.warning("%s can not tell that it lives: %s", self.name, error)

    def _ensure_groups(self) -> None:
        for kind in self.kinds:
            groups.ensure(self.connection, kind)
        self._grouped = True

    def _history(self) -> int:
        """Entries delivered to this name before a crash or a failure."""
        for kind in self.kinds:
            if kind.name in self._with_history:
                entries = self._read(kind, "0")
                if entries:
                    return self._handle(kind, entries)
                self._with_history.discard(kind.name)
        return 0

    def _claim(self) -> int:
        """Entries that a consumer which no longer lives left pending, the cursor followed to its end."""
        now = self.clock()
        if self._claimed_at is not None and now - self._claimed_at < CLAIM_EVERY_S:
            return 0
        handled = 0
        for kind in self.kinds:
            cursor: Any = b"0-0"
            while True:
                cursor, entries, *deleted = self.connection.xautoclaim(
                    kind.stream, kind.group, self.name, self.claim_idle_ms, cursor, count=self.batch_size
                )
                # Redis 7 names deleted entries and drops them from the list; 6.2 hands them out without content.
                if deleted and deleted[0]:
                    self._lost(kind, len(deleted[0]))
                handled += self._handle(kind, entries)
                if cursor == b"0-0":
                    break
        self._claimed_at = now
        return handled

    def _new(self, block_ms: int) -> int:
        """One batch of each kind, the most urgent first; when there is none, wait for any stream to grow."""
        if block_ms and 0 < self._handled < self.batch_size // 2:
            # Entries are coming, but few at a time: a short wait makes one transaction of many.
            self._pause.wait(LINGER_S)
        self._handled = self._batch()
        if self._handled or not block_ms:
            return self._handled
        grown: Any = {kind.stream: self._last_id(kind) for kind in self.kinds}
        self._handled = self._batch()
        if not self._handled:
            # Groups have different names, and XREADGROUP takes one: a plain read wakes for all of them.
            self.connection.xread(grown, count=1, block=block_ms)
        return self._handled

    def _batch(self) -> int:
        return sum(self._handle(kind, self._read(kind, ">")) for kind in self.kinds)

    def _last_id(self, kind: Kind) -> bytes:
        return bytes(self.connection.xinfo_stream(kind.stream)["last-generated-id"])

    def _read(self, kind: Kind, cursor: str) -> list[RawEntry]:
        reply: Any = self.connection.xreadgroup(kind.group, self.name, {kind.stream: cursor}, count=self.batch_size)
        return reply[0][1] if reply else []

    def _handle(self, kind: Kind, entries: Sequence[RawEntry]) -> int:
        """Store in chunks of at most about 1,000 records, acknowledging each chunk after its COMMIT."""
        identifiers: list[bytes] = []
        items: list[Item] = []
        burials: list[Burial] = []
        for identifier, fields in entries:
            if not fields:
                self._lost(kind, 1)
            if identifier is None:
                # Redis 6.2 does not say which; it is pending for this name now, and its history will.
                self._with_history.add(kind.name)
                continue
            identifiers.append(identifier)
            if not fields:
                continue
            more, dead = self._open(kind, identifier, fields)
            items += more
            burials += dead
            if len(items) + len(burials) >= CHUNK_RECORDS:
                self._finish(kind, identifiers, items, burials)
                identifiers, items, burials = [], [], []
        if identifiers:
            self._finish(kind, identifiers, items, burials)
        return len(entries)

    def _finish(self, kind: Kind, identifiers: list[bytes], items: list[Item], burials: list[Burial]) -> None:
        self.total += store(kind, items, burials)
        self.connection.xack(kind.stream, kind.group, *identifiers)
        self.last_error = ""

    def _open(self, kind: Kind, identifier: bytes, fields: dict[bytes, bytes]) -> tuple[list[Item], list[Burial]]:
        try:
            envelope = decode(fields.get(FIELD, b""), record=kind.record, kind=kind.name)
        except Undecodable as error:
            received_ms = int(identifier.split(b"-")[0])
            content = fields.get(FIELD) if set(fields) == {FIELD} else repr(fields).encode()
            reason = f"{deadletters.UNDECODABLE}: {error}"
            return [], [Burial(kind.name, "", reason, DeadLetter.Form.ENTRY, content or b"", received_ms)]
        return (
            [Item(record, envelope.received_ms) for record in envelope.records],
            [deadletters.of_reject(reject, received_ms=envelope.received_ms) for reject in envelope.rejects],
        )

    def _lost(self, kind: Kind, count: int) -> None:
        log.critical("%d entries of %s were deleted from the stream before they were stored", count, kind.stream)
