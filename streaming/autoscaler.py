"""Autoscaling at work: one supervisor of all leads, measures, applies the rules and says what the limit is."""

import logging
import time
from collections.abc import Callable, Sequence

import msgspec
import redis
from django.conf import settings
from django.db import Error, close_old_connections
from django.utils.translation import gettext as _

from ljwx.redis import AUTOSCALE_KEY, AUTOSCALER_KEY
from ljwx.stopping import Stop
from monitoring import alarms
from streaming import autoscaling, backlog, counts
from streaming.autoscaling import SAMPLE_EVERY_S, Limit, Memory, Reason, Sample
from streaming.counts import Count, CountConflict
from streaming.manager import Status, get_consumer_manager
from streaming.registry import Kind
from streaming.slots import HOLD, RELEASE

log = logging.getLogger(__name__)

LEASE_MS = 30_000
ALARM = "autoscale"


class Autoscaler:
    """One candidate for the lead. Whoever holds the lease in Redis samples every ten seconds.

    What the rules remember is in Redis, so the next leader goes on where a dead one stopped. A change is conditional
    on the version of the number that was sampled: a leader that has lost its lease without knowing changes nothing
    that somebody else has changed. Without the database or without Redis there is no sample, and nothing changes.
    """

    clock: Callable[[], float] = staticmethod(time.time)

    def __init__(self, *, kinds: Sequence[Kind], connection: redis.Redis, token: str) -> None:
        self.kinds = kinds
        self.connection = connection
        self.token = token
        self._before: tuple[float, dict[tuple[str, int | None], int]] | None = None

    def run(self, stopping: Stop) -> None:
        """Step every ten seconds until `stopping`, then leave the lead to another."""
        while not stopping.is_set():
            try:
                self.step()
            except Exception:  # the top of a thread; what it can not do now it tries again
                log.exception("autoscaling skips a look")
            stopping.wait(SAMPLE_EVERY_S)
        try:
            self.connection.eval(RELEASE, 1, AUTOSCALER_KEY, self.token)
        except redis.RedisError as error:
            log.info("the lead of autoscaling expires by itself: %s", error)

    def step(self) -> bool:
        """One look, when this one leads; whether there was one."""
        close_old_connections()
        try:
            if not self.connection.eval(HOLD, 1, AUTOSCALER_KEY, self.token, LEASE_MS):
                self._before = None
                return False
            count = counts.read()
            sample = self._sample(count)
            if sample is None:
                return False
            self._judge(count, sample)
        except (redis.RedisError, Error) as error:
            self._before = None
            log.warning("autoscaling can not look: %s", type(error).__name__)
            return False
        return True

    def _judge(self, count: Count, sample: Sample) -> None:
        before = self._remembered()
        after = autoscaling.judge(before, sample, maximum=settings.CONSUMER_MAX)
        # Remembered first: a change that is never made is seen by the next look, and everything starts anew.
        self.connection.set(AUTOSCALE_KEY, msgspec.json.encode(after))
        if after.desired != count.desired:
            reason = _text(after.limit) if after.limit else _why(sample, after.desired > count.desired)
            try:
                counts.adjust(after.desired, expected=count, reason=reason, actor=ALARM)
            except CountConflict:
                log.info("somebody else has changed the number of consumers: autoscaling starts anew")
                return
            log.warning("autoscaling: %d → %d consumers: %s", count.desired, after.desired, reason)
        if after.limit:
            alarms.sound(ALARM, _text(after.limit))
        elif before is None or before.limit:
            alarms.clear(ALARM)

    def _remembered(self) -> Memory | None:
        kept = self.connection.get(AUTOSCALE_KEY)
        try:
            return msgspec.json.decode(kept, type=Memory) if kept else None
        except msgspec.MsgspecError:
            # Another version wrote it.
            return None

    def _sample(self, count: Count) -> Sample | None:
        """None at the first look, which knows no rate."""
        status = get_consumer_manager().status()
        measured = [backlog.measure(kind) for kind in self.kinds]
        rate = self._rate(status, self.clock())
        if rate is None:
            return None
        return Sample(
            at=self.clock(),
            age_s=max((each.oldest_s or 0.0 for each in measured), default=0.0),
            backlog=sum(each.total for each in measured),
            running=status.running,
            wanted=count.wanted,
            desired=count.desired,
            rate=rate,
        )

    def _rate(self, status: Status, now: float) -> float | None:
        since, known = self._before or (None, {})
        done = {
            process: each.stored + each.duplicates + each.dead if each.beat_age_s is not None else known[process]
            for each in status.consumers
            # One in a long batch is silent for a while: what it has done is counted when it tells.
            if (process := (each.name, each.pid)) in known or each.beat_age_s is not None
        }
        self._before = (now, done)
        if since is None or now <= since:
            return None
        return sum(count - known.get(process, 0) for process, count in done.items()) / (now - since)


def _why(sample: Sample, more: bool) -> str:
    facts = {"age": sample.age_s, "backlog": sample.backlog}
    if more:
        return _("The oldest entry is %(age).0f s old, %(backlog)d wait.") % facts
    return _("The backlog has been small for a long time.")


def _text(limit: Limit) -> str:
    facts = {"count": limit.consumers, "before": limit.before, "after": limit.after}
    if limit.reason is Reason.EFFECT:
        return (
            _(
                "One more consumer than %(count)d brought nothing: %(before).0f records/s before, %(after).0f after. "
                "The database (or the CPU) is the limit."
            )
            % facts
        )
    if limit.reason is Reason.START:
        return _("One more consumer than %(count)d did not come to life.") % facts
    return _("The backlog stays old with %(count)d consumers, the maximum (LJWX_CONSUMER_MAX).") % facts
