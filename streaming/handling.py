"""What becomes of entries that were read: stored, then acknowledged."""

from collections.abc import Callable, Sequence
from functools import partial

import redis

from ljwx.failpoints import reach
from streaming import outcomes
from streaming.acknowledging import acknowledge
from streaming.batch import Batch
from streaming.budget import Budget
from streaming.failures import Unavailable
from streaming.heldback import HeldBack
from streaming.losses import Losses
from streaming.opening import RawEntry
from streaming.registry import Kind
from streaming.storing import Tally
from streaming.suspects import Suspects


class Handler:
    """Stores the entries of one consumer and acknowledges them chunk by chunk, each after its COMMIT.

    Whatever it raises, nothing of the chunk under way and of those after it is acknowledged. `again_in(kind, s)` is
    told of entries that must wait.
    """

    def __init__(
        self,
        *,
        name: str,
        connection: redis.Redis,
        budget: Budget,
        losses: Losses,
        claim_idle_ms: int,
        clock: Callable[[], float],
        again_in: Callable[[Kind, float], None],
    ) -> None:
        # All that it has ever handled, without shadows.
        self.total = Tally()
        self._name = name
        self._connection = connection
        self._budget = budget
        self._losses = losses
        self.held_back = HeldBack()
        self._suspects = Suspects(name=name, connection=connection, clock=clock)
        self._hold_after_s = claim_idle_ms / 4_000
        self._clock = clock
        self._again_in = again_in

    def again(self, kind: Kind, entries: Sequence[RawEntry]) -> int:
        """Handle entries that were delivered before: suspects last, each alone, unless it has to wait."""
        calm, suspects = self._suspects.sort(kind, entries)
        handled = self.handle(kind, calm)
        for suspect in suspects:
            if wait_s := self._suspects.wait_s(kind, suspect):
                self._again_in(kind, wait_s)
                continue
            self._suspects.begin(kind, suspect)
            try:
                handled += self.handle(kind, [suspect.entry], isolated=True)
            except (redis.RedisError, Unavailable):
                self._suspects.excuse(kind, suspect)
                raise
            self._suspects.settled(kind, suspect)
        return handled

    def caught_up(self, kind: Kind) -> None:
        """Everything that is pending for this consumer was handed to `again`."""
        self._suspects.caught_up(kind)

    def handle(self, kind: Kind, entries: Sequence[RawEntry], *, isolated: bool = False) -> int:
        """Store and acknowledge; returns how many entries that was."""
        if any(identifier is None for identifier, _ in entries):
            # Redis 6.2 does not say which entry was deleted; it is pending for this name now, and its history will.
            self._again_in(kind, 0.0)
        known = [(identifier, fields) for identifier, fields in entries if identifier is not None]
        if gone := [identifier for identifier, fields in known if not fields]:
            self._losses.pending(kind, gone)
        there = [(identifier, fields) for identifier, fields in known if fields]
        ours = self.held_back.sift(kind, there)
        batch = Batch(kind=kind, entries=ours, spend=partial(self._budget.spend, kind.name), isolated=isolated)
        held_at = self._clock()
        for chunk in batch.chunks():
            if chunk.rest and self._clock() - held_at > self._hold_after_s:
                # Still ours: nobody may take over what waits behind slow transactions.
                held_at = self._clock()
                self._connection.xclaim(kind.stream, kind.group, self._name, 0, list(chunk.rest), justid=True)
            reach("consumer.before_sql")
            tally = chunk.store()
            reach("consumer.committed")
            if acknowledge(self._connection, kind, chunk.identifiers, tally, minute=chunk.minute):
                outcomes.tell(kind, chunk.origins, tally.failed)
            if not kind.shadow_of:
                self.total += tally.counts()
            reach("consumer.acked")
            self._budget.handled(kind.name, chunk.records)
        return len(entries)
