"""Reads entries, stores their records, then acknowledges."""

import logging
import random
import time
from collections.abc import Callable, Sequence
from threading import Event
from typing import Any

import redis
from django.db import close_old_connections

from ljwx.failpoints import reach
from ljwx.pauses import doubled
from ljwx.redis import BLOCK_MS, says_missing
from ljwx.stopping import Stop
from monitoring import alarms, flushing
from streaming.budget import Budget
from streaming.claims import Claims
from streaming.failures import Broken, Unavailable
from streaming.handling import Handler
from streaming.heartbeat import beat
from streaming.history import History
from streaming.losses import Losses
from streaming.opening import RawEntry
from streaming.registry import Kind
from streaming.serving import Serving
from streaming.storing import Tally

log = logging.getLogger(__name__)

BEAT_EVERY_S = 1.0
LINGER_S = 0.02
# Entries of a shadow at once: so long and no longer does an entry of a device wait for it.
SHADOW_ENTRIES = 50
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
ALARM = "database"


class Consumer:
    """One member of the consumer groups of its kinds, under a stable name.

    Guarantee: an entry is acknowledged only after the COMMIT that stored its records or buried them with their
    reasons. A crash at any point leaves it pending; the next holder of the name reads its own history first, and
    other consumers claim what stays idle. Storing is idempotent, so a second delivery changes nothing. A shadow gets
    what time is left: its new entries are read after all others have been.
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
        self._mirrors = False
        self.connection = connection
        self.batch_size = batch_size
        self.last_error = ""
        self._budget = Budget(connection)
        self._losses = Losses(connection)
        self.serving = Serving(kinds=self.kinds, connection=connection, budget=self._budget)
        self._histories = {kind.name: History() for kind in self.kinds}
        self._claims = Claims(name=name, connection=connection, idle_ms=claim_idle_ms, size=batch_size)
        self._handler = Handler(
            name=name,
            connection=connection,
            budget=self._budget,
            losses=self._losses,
            claim_idle_ms=claim_idle_ms,
            clock=lambda: self.clock(),
            again_in=lambda kind, seconds: self._histories[kind.name].restart_at(self.clock() + seconds),
        )
        self._beat_at: float | None = None
        self._handled = 0
        self._broken = False
        self._pause = Event()

    @property
    def total(self) -> Tally:
        """What became of all records so far."""
        return self._handler.total

    def run(self, stopping: Stop) -> None:
        """Step until `stopping`; the batch under way is always finished. What is not the world's fault crashes."""
        failures = 0
        while not stopping.is_set():
            # Before Redis is asked: it must be told, too, while Redis is away.
            flushing.tend()
            try:
                self.beat()
                self._mended(self.step())
                failures, self.last_error = 0, ""
            except (redis.RedisError, Unavailable) as error:
                failures += 1
                if isinstance(error, Broken):
                    self._broken = True
                    alarms.sound(ALARM, f"nothing can be stored until the database is mended: {error}")
                self.last_error = f"{type(error).__name__}: {error}"[:200]
                log.warning("%s waits (%d): %s", self.name, failures, self.last_error)
                pause_s = doubled(FIRST_PAUSE_S, failures - 1, longest_s=LONGEST_PAUSE_S)
                stopping.wait(pause_s * random.uniform(0.5, 1))
        flushing.finish()

    def step(self, *, block_ms: int = BLOCK_MS) -> int:
        """One bounded piece of work: a page of its own history; else a page of stale entries of others, then new
        ones; returns entries handled.

        Raises Unavailable or redis.RedisError with nothing of the failed batch acknowledged.
        """
        close_old_connections()
        try:
            kinds = self.serving.kinds()
            self._release()
            if handled := self._history(kinds):
                return handled
            claimed = self._claim(kinds)
            return claimed + self._new(kinds, 0 if claimed or self._claims.under_way else block_ms)
        except redis.ResponseError as error:
            self._restart()
            if not (str(error).startswith("NOGROUP") or says_missing(error)):
                raise
            self.serving.remake()
            return 0
        except (redis.RedisError, Unavailable):
            self._restart()
            raise

    def beat(self) -> None:
        """Tell who lives, once a second, and pass on what was handled."""
        now = self.clock()
        if self._beat_at is not None and now - self._beat_at < BEAT_EVERY_S:
            return
        self._beat_at = now
        error = self.serving.why() or self.last_error
        beat(self.connection, self.name, kinds=self.kinds, total=self.total, error=error)
        self._budget.tell()

    def _mended(self, handled: int) -> None:
        if self._broken and handled:
            self._broken = False
            alarms.clear(ALARM)

    def _restart(self) -> None:
        self.serving.look_again()
        self._claims.leave()
        for history in self._histories.values():
            history.restart()

    def _release(self) -> None:
        """What was held back is pending for this name: its history has it."""
        for name in self._handler.held_back.released():
            self._histories[name].restart()

    def _history(self, kinds: Sequence[Kind]) -> int:
        """A page of entries delivered to this name before: ahead of a crash or a failure, or put off as suspect."""
        for kind in kinds:
            history = self._histories[kind.name]
            while (after := history.position(self.clock())) is not None:
                entries = self._read(kind, after, self.batch_size)
                history.advance(entries[-1][0] if entries else None)
                if not entries:
                    self._handler.caught_up(kind)
                elif handled := self._handler.again(kind, entries):
                    return handled
        return 0

    def _claim(self, kinds: Sequence[Kind]) -> int:
        """A page of what consumers that no longer live left pending."""
        handled = 0
        for kind in kinds:
            if self._claims.begin(kind, self.clock()):
                self._losses.unread(kind)
            page = self._claims.page(kind)
            if page.entries or page.deleted:
                reach("consumer.claiming")
            if page.deleted:
                self._losses.claimed(kind, page.deleted)
            handled += self._handler.again(kind, page.entries)
        return handled

    def _new(self, kinds: Sequence[Kind], block_ms: int) -> int:
        """One batch of each kind, the most urgent first; when there is none, wait for any stream to grow."""
        if block_ms and 0 < self._handled < self.batch_size // 2:
            # Entries are coming, but few at a time: a short wait makes one transaction of many.
            self._pause.wait(LINGER_S)
        self._handled = self._round(kinds)
        if self._handled or not block_ms:
            return self._handled
        grown: Any = {kind.stream: self._last_id(kind) for kind in kinds}
        self._handled = self._round(kinds)
        if not self._handled:
            # Groups have different names, and XREADGROUP takes one: a plain read wakes for all of them.
            self.connection.xread(grown, count=1, block=block_ms)
        return self._handled

    def _round(self, kinds: Sequence[Kind]) -> int:
        read = [self._read_new(kind, self.batch_size) for kind in kinds if not kind.shadow_of]
        handled = sum(read)
        # Asked for when there is nothing else to do, or while there are any and no more of the others waits.
        if not handled or (self._mirrors and max(read) < self.batch_size):
            shadows = [self._read_new(kind, SHADOW_ENTRIES) for kind in kinds if kind.shadow_of]
            self._mirrors = any(shadows)
            handled += sum(shadows)
        return handled

    def _read_new(self, kind: Kind, most: int) -> int:
        entries = self._read(kind, b">", most)
        if not entries:
            self.serving.read_up(kind)
            return 0
        self.serving.read(kind, entries[-1][0])
        return self._handler.handle(kind, entries)

    def _last_id(self, kind: Kind) -> bytes:
        return bytes(self.connection.xinfo_stream(kind.stream)["last-generated-id"])

    def _read(self, kind: Kind, after: bytes, most: int) -> list[RawEntry]:
        reply: Any = self.connection.xreadgroup(kind.group, self.name, {kind.stream: after}, count=most)
        if not reply or not reply[0][1]:
            return []
        reach("consumer.read")
        return list(reply[0][1])
