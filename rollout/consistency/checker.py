"""A check of a window: begun, carried on by whoever comes next, and reported."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from ljwx import databaseclock
from rollout import lease
from rollout.consistency import acknowledging, extras, figures, report
from rollout.consistency.errors import CheckRunning
from rollout.consistency.figures import Counted
from rollout.consistency.ids import Id
from rollout.consistency.looking import look
from rollout.consistency.outcomes import Outcome
from rollout.consistency.report import Report
from rollout.consistency.walking import Chunk, Pace, step
from rollout.lease import Fence, Holding
from rollout.models import Check, CheckFinding, CheckProgress, Lease
from rollout.plans.moving import atomic
from streaming import registry

LEASE = "check"
LEASE_S = 30.0
BUDGET_S = 0.15
# Between two chunks, of the time that one took, its comparisons in this process included.
RESTS, LONGEST_REST_S = 3.0, 1.0
# What a killed one has begun is carried on while it is about the present.
FRESH_S = 900.0
# Somebody works on it: another one is not begun in its place.
ALIVE_S = 60.0

Told = Callable[[Chunk], None]


def _deaf(chunk: Chunk) -> None:
    """Nobody is told."""


class DatabaseConsistencyChecker:
    """Compares what the streams hold with the tables, and what is mirrored with what the legacy path has stored.

    Guarantee: one check runs at a time; one that is killed or left is carried on with the same window, and its result
    is the same. Between chunks it rests three times as long as they took, so that uploads keep three quarters of the
    database and of a processor. `told` hears of each chunk that counts; `stopping` ends the work after the present one.
    """

    clock: Callable[[], float] = staticmethod(databaseclock.now)

    def __init__(
        self,
        *,
        kinds: Sequence[str] | None = None,
        actor: str = "system",
        reason: str = "",
        told: Told = _deaf,
        rest: bool = True,
        stopping: Event | None = None,
    ) -> None:
        known = [kind.name for kind in registry.kinds() if kind.rows is not None]
        asked = [registry.get(name) for name in (known if kinds is None else kinds)]
        shadows = [shadow for kind in asked if (shadow := registry.shadow(kind.name)) is not None]
        self._kinds = sorted({kind.name for kind in (*asked, *shadows)})
        self._actor = actor
        self._reason = reason
        self._told = told
        self._rest = rest
        self._stopping = stopping or Event()

    def run_comprehensive_check(self, time_window_minutes: int = 60) -> Report:
        """Check everything that was accepted in the last minutes, but for what is younger than the grace.

        Raises CheckRunning, LeaseLost, redis.RedisError, django.db.Error; but for the first, run it again.
        """
        return report.of(self.begin(time_window_minutes))

    def begin(self, minutes: int, *, seconds: float | None = None) -> Check:
        """The check of the last minutes, begun or carried on, as far as it comes in about `seconds` (None: to its end).

        One that is not done then is left to `carry_on`. Raises as `run_comprehensive_check`.
        """
        beat_age_s = _beat_age_s()
        with _held() as holding:
            return self._work(self._begun(minutes, beat_age_s), holding, seconds)

    def carry_on(self, *, seconds: float | None = None) -> Check | None:
        """The check that was left unfinished, as far as it comes; None when there is none whose entries are kept.
        Raises as `run_comprehensive_check`."""
        if not Check.objects.filter(active=True).exists():
            return None
        with _held() as holding:
            left = Check.objects.filter(active=True).first()
            if left is not None and self._age_s(left) < settings.STREAM_RETENTION_MINUTES * 60:
                return self._work(left, holding, seconds)
            if left is not None:
                _abandon(left)
        return None

    def _work(self, check: Check, holding: Holding, seconds: float | None) -> Check:
        until = None if seconds is None else time.monotonic() + seconds
        for row in CheckProgress.objects.filter(check_run=check, done=False).order_by("kind"):
            if not self._walk(row, holding, until):
                return check
        _finish(check, extras.find(check), holding.fence)
        return check

    def _walk(self, row: CheckProgress, holding: Holding, until: float | None) -> bool:
        """Whether it came to the end of this kind."""
        pace = Pace(BUDGET_S)
        while not row.done:
            if self._stopping.is_set() or (until is not None and time.monotonic() > until):
                return False
            began = time.monotonic()
            chunk = step(row, now=self.clock(), records=pace.records, fence=holding.fence)
            pace.told(chunk)
            self._told(chunk)
            if self._rest and chunk.more:
                self._stopping.wait(min(RESTS * (time.monotonic() - began), LONGEST_REST_S))
        return True

    def _begun(self, minutes: int, beat_age_s: float) -> Check:
        """The check that was left unfinished, if it is this one; else a new one. Raises CheckRunning."""
        left = Check.objects.filter(active=True).first()
        wanted = (sorted(self._kinds), minutes, settings.CHECK_GRACE_S)
        if left is not None:
            if self._age_s(left) < FRESH_S and (sorted(left.kinds), left.window_minutes, left.grace_s) == wanted:
                return left
            if beat_age_s < ALIVE_S:
                raise CheckRunning(_("Check %d is not done yet.") % left.pk, check=left.pk)
            _abandon(left)
        now_ms = round(self.clock() * 1000)
        begins = {name: _first(name, now_ms, minutes) for name in self._kinds}
        return _create(begins, now_ms=now_ms, minutes=minutes, actor=self._actor, reason=self._reason)

    def _age_s(self, left: Check) -> float:
        """How far back its window ends."""
        return self.clock() - (left.until_ms or 0) / 1000


@contextmanager
def _held() -> Iterator[Holding]:
    """The lease of those that check, for as long as the block. Raises CheckRunning while somebody else has it."""
    with lease.held(LEASE, seconds=LEASE_S) as holding:
        if holding is None:
            running = Check.objects.filter(active=True).values_list("pk", flat=True).first()
            raise CheckRunning(_("Another check is running."), check=running)
        yield holding


def _beat_age_s() -> float:
    """How long ago anybody has worked on a check."""
    beat_at = Lease.objects.filter(name=LEASE).values_list("beat_at", flat=True).first()
    return math.inf if beat_at is None else databaseclock.now() - beat_at


def _first(name: str, now_ms: int, minutes: int) -> Id:
    """Where a check of the last `minutes` begins in the stream of a kind."""
    since = Id(max(0, now_ms - minutes * 60_000))
    begin, seen = since.before(), look(registry.get(name), now_ms=now_ms)
    if seen.first is None or since < seen.kept_since or seen.deleted > begin:
        return begin
    # Nothing was trimmed since then: before the oldest entry there was none.
    return max(begin, seen.first.before())


@atomic
def _create(begins: dict[str, Id], *, now_ms: int, minutes: int, actor: str, reason: str) -> Check:
    check = Check.objects.create(
        kinds=sorted(begins), window_minutes=minutes, since_ms=now_ms - minutes * 60_000,
        until_ms=now_ms - settings.CHECK_GRACE_S * 1000, grace_s=settings.CHECK_GRACE_S, actor=actor, reason=reason,
        started_at=timezone.now(),
    )  # fmt: skip
    for name, begin in begins.items():
        CheckProgress.objects.create(
            check_run=check, kind=name, begin_ms=check.since_ms, cursor_ms=begin.ms, cursor_seq=begin.seq
        )
    return check


def _abandon(left: Check) -> None:
    Check.objects.filter(pk=left.pk, active=True).update(
        active=None, status=Check.Status.ABANDONED, finished_at=timezone.now()
    )


@atomic
def _finish(check: Check, found: Sequence[CheckFinding], fence: Fence) -> None:
    fence()
    for row in CheckProgress.objects.filter(check_run=check):
        own = [each for each in found if each.kind == row.kind]
        if own:
            acknowledging.end_known(own)
            row.extra = len(own)
            row.figures = figures.add(row.figures, (Counted(each.path, each.device_sn, Outcome.EXTRA) for each in own))
            row.save(update_fields=["extra", "figures"])
    CheckFinding.objects.bulk_create(found)
    check.status, check.active, check.finished_at = Check.Status.DONE, None, timezone.now()
    check.save(update_fields=["status", "active", "finished_at"])
