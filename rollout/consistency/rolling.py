"""The rolling check: always a little behind the streams, a chunk at a time, by whoever leads the controllers."""

import logging

import redis
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from rollout.consistency import fading, findings, seen, tallies, verified
from rollout.consistency.ids import Id
from rollout.consistency.looking import look
from rollout.consistency.walking import Moved, Pace, step
from rollout.guardrails.evidence import Consistency
from rollout.models import Check, CheckFinding, CheckProgress, Route
from streaming import registry
from streaming.registry import Kind

log = logging.getLogger(__name__)

# How far back the first look of all goes.
BEGIN_S = 600.0
ACTOR = "controller"

_pace = Pace(0.15)


def advance(*, budget_s: float = 0.15, now: float) -> None:
    """Go on where the last call has ended, by whichever process: the kind that is furthest behind first, until nothing
    is settled or `budget_s` seconds of database time are used. `now`: seconds since 1970 by the database's clock.

    A Redis that is away leaves it where it is, and what is settled grows old. Raises django.db.Error.
    """
    check, used = _check(now=now), 0.0
    for row in _rows(check, now=now):
        while used < budget_s:
            try:
                chunk = step(row, now=now, records=_pace.records)
            except redis.RedisError as error:
                log.info("the rolling check waits for Redis: %s", type(error).__name__)
                return
            except Moved as error:
                log.info("%s", error)
                break
            used += chunk.database_s
            _pace.told(chunk)
            if not chunk.more:
                break


def evidence(kind: str, since: float) -> Consistency | None:
    """The settled comparisons of entries of the present epoch of `kind` that were received since `since` (seconds since
    1970), to whole tens of seconds, mirrored ones included; None when nothing was settled yet. Raises
    django.db.Error."""
    row, shadow = seen.settled(kind), registry.shadow(kind)
    route = Route.objects.filter(kind=kind).first()
    if row is None or route is None:
        return None
    matched, mismatched = tallies.of(kind, epoch=route.epoch, since=since)
    known = findings.still_open(kind)
    settled_ms, verified_ms = row.cursor_ms, verified.of(row, known).through_ms
    if shadow is not None:
        more, wrong = tallies.of(shadow.name, epoch=route.epoch, since=since)
        matched, mismatched = matched + more, mismatched + wrong
        if route.mirror_percentage:
            mirrored = seen.settled(shadow.name)
            through = verified.of(mirrored, findings.still_open(shadow.name)).through_ms if mirrored else 0
            settled_ms = min(settled_ms, mirrored.cursor_ms if mirrored else 0)
            verified_ms = min(verified_ms, through)
    return Consistency(
        matched=matched,
        mismatched=mismatched,
        settled_through=settled_ms / 1000,
        verified_through=verified_ms / 1000,
        holes=known.filter(outcome=CheckFinding.Outcome.HOLE, until_ms__gt=round(since * 1000)).count(),
    )


def prune(*, now: float) -> None:
    """Forget the evidence of two weeks ago, and findings of mirrored records that are gone. Raises django.db.Error."""
    tallies.prune(now=now)
    fading.resolve(now=now)


def _check(*, now: float) -> Check:
    known = [kind.name for kind in registry.kinds() if kind.rows is not None]
    found = Check.objects.filter(rolling=True).first()
    if found is None:
        values = {
            "kinds": known, "since_ms": round((now - BEGIN_S) * 1000), "grace_s": settings.CHECK_GRACE_S,
            "actor": ACTOR, "active": None, "started_at": timezone.now(),
        }  # fmt: skip
        try:
            with transaction.atomic():
                found = Check.objects.create(rolling=True, **values)
        except IntegrityError:
            found = Check.objects.get(rolling=True)
    if found.grace_s != settings.CHECK_GRACE_S:
        Check.objects.filter(pk=found.pk).update(grace_s=settings.CHECK_GRACE_S)
        found.grace_s = settings.CHECK_GRACE_S
    return found


def _rows(check: Check, *, now: float) -> list[CheckProgress]:
    found = {row.kind: row for row in CheckProgress.objects.filter(check_run=check)}
    missing = [kind for kind in (*registry.kinds(), *_mirrored()) if kind.rows is not None and kind.name not in found]
    for kind in missing:
        if (row := _begin(check, kind, now=now)) is not None:
            found[kind.name] = row
    for row in found.values():
        row.check_run = check
    return sorted(found.values(), key=lambda row: (row.cursor_ms, row.kind))


def _mirrored() -> list[Kind]:
    """The shadows of kinds that are mirrored now: the first time that one is, its check begins."""
    names = Route.objects.filter(mirror_percentage__gt=0).order_by("kind").values_list("kind", flat=True)
    return [shadow for name in names if (shadow := registry.shadow(name)) is not None]


def _begin(check: Check, kind: Kind, *, now: float) -> CheckProgress | None:
    """At the oldest entry that is kept, and not far back: what was trimmed before is nobody's hole."""
    try:
        seen = look(kind, now_ms=round(now * 1000))
    except redis.RedisError as error:
        log.info("the rolling check of %s does not begin: %s", kind.name, type(error).__name__)
        return None
    oldest = seen.first.before() if seen.first is not None else seen.last
    begin = max(Id(max(0, round((now - BEGIN_S) * 1000))), oldest)
    try:
        with transaction.atomic():
            return CheckProgress.objects.create(
                check_run=check, kind=kind.name, begin_ms=begin.ms, cursor_ms=begin.ms, cursor_seq=begin.seq,
                seen_ms=0, added=seen.added,
            )  # fmt: skip
    except IntegrityError:
        return CheckProgress.objects.get(check_run=check, kind=kind.name)
