"""A check of a window: begun, carried on after a crash, and reported."""

import os
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from threading import Event

from django.conf import settings
from django.utils import timezone

from ljwx import databaseclock
from rollout import lease
from rollout.consistency import extras, report
from rollout.consistency.errors import CheckRunning
from rollout.consistency.ids import Id
from rollout.consistency.looking import look
from rollout.consistency.report import Report
from rollout.consistency.walking import Chunk, Pace, step
from rollout.lease import Fence, Holding
from rollout.models import Check, CheckFinding, CheckProgress
from rollout.plans.moving import atomic
from streaming import registry

LEASE = "check"
LEASE_S = 30.0
BUDGET_S = 0.15
# What a killed one has begun is carried on while it is about the present.
FRESH_S = 900.0

Told = Callable[[Chunk], None]


def _deaf(chunk: Chunk) -> None:
    """Nobody is told."""


class DatabaseConsistencyChecker:
    """Compares what the streams hold with the tables, and what is mirrored with what the legacy path has stored.

    Guarantee: one check runs at a time; one that is killed is carried on by the next with the same window, and its
    result is the same. Between chunks it rests as long as they took, so that uploads keep half of the database. `told`
    hears of each chunk that counts.
    """

    clock: Callable[[], float] = staticmethod(databaseclock.now)

    def __init__(
        self, *, kinds: Sequence[str] | None = None, actor: str = "system", told: Told = _deaf, rest: bool = True
    ) -> None:
        known = [kind.name for kind in registry.kinds() if kind.rows is not None]
        asked = [registry.get(name) for name in (known if kinds is None else kinds)]
        shadows = [shadow for kind in asked if (shadow := registry.shadow(kind.name)) is not None]
        self._kinds = sorted({kind.name for kind in (*asked, *shadows)})
        self._actor = actor
        self._told = told
        self._rest = rest

    def run_comprehensive_check(self, time_window_minutes: int = 60) -> Report:
        """Check everything that was accepted in the last minutes, but for what is younger than the grace.

        Raises CheckRunning, LeaseLost, redis.RedisError, django.db.Error; but for the first, run it again.
        """
        holder = f"{socket.gethostname()}:{os.getpid()}"
        holding = lease.take(LEASE, holder=holder, seconds=LEASE_S)
        if holding is None:
            raise CheckRunning("another check is running")
        try:
            check = self._begun(time_window_minutes)
            for row in CheckProgress.objects.filter(check_run=check, done=False).order_by("kind"):
                self._walk(row, holding)
            _finish(check, extras.find(check), holding.fence)
        finally:
            holding.release()
        return report.of(check)

    def _begun(self, minutes: int) -> Check:
        """The check that was left unfinished, if it is this one; else a new one."""
        now_ms = round(self.clock() * 1000)
        left = Check.objects.filter(active=True).first()
        wanted = (sorted(self._kinds), minutes, settings.CHECK_GRACE_S)
        if left is not None:
            recent = left.until_ms is not None and now_ms - left.until_ms < FRESH_S * 1000
            if recent and (sorted(left.kinds), left.window_minutes, left.grace_s) == wanted:
                return left
            Check.objects.filter(pk=left.pk, active=True).update(
                active=None, status=Check.Status.ABANDONED, finished_at=timezone.now()
            )
        begins = {name: self._begin(name, now_ms, minutes) for name in self._kinds}
        return _create(begins, now_ms=now_ms, minutes=minutes, actor=self._actor)

    def _begin(self, name: str, now_ms: int, minutes: int) -> Id:
        since, kept = (now_ms - each * 60_000 for each in (minutes, settings.STREAM_RETENTION_MINUTES))
        begin, seen = Id(max(0, since)).before(), look(registry.get(name))
        if seen.first is None or since < kept or seen.deleted > begin:
            return begin
        # Nothing was trimmed within the retention: before the oldest entry there was none.
        return max(begin, seen.first.before())

    def _walk(self, row: CheckProgress, holding: Holding) -> None:
        pace = Pace(BUDGET_S)
        while not row.done:
            chunk = step(row, now=self.clock(), records=pace.records, fence=holding.fence)
            pace.told(chunk)
            self._told(chunk)
            if self._rest and chunk.more:
                Event().wait(min(chunk.database_s, BUDGET_S))


@atomic
def _create(begins: dict[str, Id], *, now_ms: int, minutes: int, actor: str) -> Check:
    check = Check.objects.create(
        kinds=sorted(begins), window_minutes=minutes, since_ms=now_ms - minutes * 60_000,
        until_ms=now_ms - settings.CHECK_GRACE_S * 1000, grace_s=settings.CHECK_GRACE_S, actor=actor,
        started_at=timezone.now(),
    )  # fmt: skip
    for name, begin in begins.items():
        CheckProgress.objects.create(
            check_run=check, kind=name, begin_ms=check.since_ms, cursor_ms=begin.ms, cursor_seq=begin.seq
        )
    return check


@atomic
def _finish(check: Check, found: Sequence[CheckFinding], fence: Fence) -> None:
    fence()
    CheckFinding.objects.bulk_create(found)
    for kind, count in Counter(row.kind for row in found).items():
        CheckProgress.objects.filter(check_run=check, kind=kind).update(extra=count)
    check.status, check.active, check.finished_at = Check.Status.DONE, None, timezone.now()
    check.save(update_fields=["status", "active", "finished_at"])
