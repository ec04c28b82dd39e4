"""What did not go as it should: ways back, pauses, holds, alarms, dead letters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import redis
from django.utils.translation import gettext as _

from monitoring import alarms
from monitoring.alarms import Alarm
from rollout.admin import words as admin_words
from rollout.models import Pause, Rollback, Transition
from rollout.reporting import words
from rollout.reporting.period import Period
from rollout.rollback import telling
from streaming import reasons
from streaming.models import DeadLetter
from streaming.reasons import Group

MOST = 200


@dataclass(frozen=True, slots=True)
class Incident:
    """`took`: how long it lasted, in words; `outcome`: how it ended."""

    at: datetime
    what: str
    reason: str
    who: str
    took: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Dead:
    """A group of dead letters, and their state in words."""

    group: Group
    state: str
    first: str
    last: str


def incidents(period: Period) -> tuple[list[Incident], bool]:
    """Oldest first, and whether there were more than are told. Raises django.db.Error."""
    found = sorted((*_rollbacks(period), *_pauses(period), *_holds(period)), key=lambda each: each.at)
    return found[:MOST], len(found) > MOST


def _rollbacks(period: Period) -> Iterator[Incident]:
    row: Rollback
    for row in Rollback.objects.filter(requested_at__range=period.span).order_by("id")[: MOST + 1]:
        stages = [
            (_("effective after %s"), row.effective_at), (_("drained after %s"), row.drained_at),
            (_("verified after %s"), row.verified_at),
        ]  # fmt: skip
        took = [text % words.length(at - row.requested_at) for text, at in stages if at is not None]
        what = _("rollback: %s") % row.get_strategy_display()
        outcome = telling.said(row.facts, row.outcome)
        yield Incident(row.requested_at, what, row.reason, row.actor, "; ".join(took), outcome)


def _pauses(period: Period) -> Iterator[Incident]:
    rows = Pause.objects.filter(created_at__range=period.span)
    if period.plan is not None:
        rows = rows.filter(plan=period.plan)
    row: Pause
    for row in rows.order_by("id")[: MOST + 1]:
        took = words.length(row.cleared_at - row.created_at) if row.cleared_at else _("not cleared")
        outcome = _("cleared by %s") % row.cleared_by if row.cleared_at else ""
        yield Incident(row.created_at, _("pause: %s") % row.get_cause_display(), row.reason, row.actor, took, outcome)


def _holds(period: Period) -> Iterator[Incident]:
    """Steps that were held, until they were no longer."""
    rows = Transition.objects.filter(created_at__range=period.span, action__in=("hold", "release"))
    if period.plan is not None:
        rows = rows.filter(plan=period.plan)
    begun: dict[tuple[int, int | None], Transition] = {}
    row: Transition
    for row in rows.order_by("id")[: 2 * MOST]:
        if row.action == "hold":
            begun.setdefault((row.plan_id, row.step), row)
        elif (held := begun.pop((row.plan_id, row.step), None)) is not None:
            yield _hold(held, words.length(row.created_at - held.created_at))
    for held in begun.values():
        yield _hold(held, "")


def _hold(row: Transition, took: str) -> Incident:
    blocked = row.facts.get("blocked_by") or []
    why = row.reason or "; ".join(admin_words.blocks(blocked))
    return Incident(row.created_at, _("step %s held") % row.step, why, row.actor, took)


def standing() -> Sequence[Alarm] | None:
    """The alarms that stand now; None when Redis does not tell."""
    try:
        return alarms.standing()
    except redis.RedisError:
        return None


def dead(period: Period) -> list[Dead]:
    """The groups of dead letters that have some of the time, the largest first. Raises django.db.Error."""
    found = [
        Dead(group, str(state.label), words.moment(group.first), words.moment(group.last))
        for state in DeadLetter.State
        for group in reasons.groups(state)
        if group.first <= period.until and group.last >= period.since
    ]
    return sorted(found, key=lambda each: -each.group.count)
