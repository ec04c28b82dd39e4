"""What happened to a plan, of every table that tells of it, in one order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from rollout.admin import words
from rollout.admin.percent import percent
from rollout.models import Approval, Change, Decision, Pause, Plan, Rollback, Step, Transition

MOST = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `order` settles what happened at the same time."""

    at: datetime
    order: int
    what: str
    text: str
    actor: str = ""
    reason: str = ""
    url: str = ""


def timeline(plan: Plan) -> list[Entry]:
    """The newest hundred of them, newest first; each table is read through its index on the plan."""
    entries = [
        *_transitions(plan), *_changes(plan), *_decisions(plan), *_pauses(plan), *_approvals(plan), *_rollbacks(plan),
    ]  # fmt: skip
    return sorted(entries, key=lambda entry: (entry.at, entry.order), reverse=True)[:MOST]


def _newest(rows: Any) -> Any:
    return rows.order_by("-id")[:MOST]


def _url(row: Any) -> str:
    return reverse(f"admin:rollout_{row._meta.model_name}_change", args=[row.pk])


def _transitions(plan: Plan) -> Iterator[Entry]:
    row: Transition
    for row in _newest(plan.transitions):
        statuses = (Step if row.step else Plan).Status
        label = words.deed(row.action)
        what = f"{label} ({_('step')} {row.step})" if row.step else label
        text = f"{_status(statuses, row.from_status)} → {_status(statuses, row.to_status)}"
        yield Entry(row.created_at, row.pk, what, text, row.actor, row.reason, _url(row))


def _status(statuses: Any, value: str) -> str:
    return str(statuses(value).label) if value in statuses.values else value


def _changes(plan: Plan) -> Iterator[Entry]:
    row: Change
    for row in _newest(plan.changes):
        text = f"{row.kind}: {percent(row.from_percentage)} → {percent(row.to_percentage)}"
        yield Entry(row.created_at, row.pk, _("change"), text, row.actor, row.reason, _url(row))


def _decisions(plan: Plan) -> Iterator[Entry]:
    row: Decision
    for row in _newest(plan.decisions.defer("evidence", "judgement")):
        text = "; ".join([words.verdict(row.verdict), *words.blocks(row.blocked_by)])
        yield Entry(row.created_at, row.pk, _("decision"), text, "", row.outcome, _url(row))


def _pauses(plan: Plan) -> Iterator[Entry]:
    row: Pause
    for row in _newest(plan.pauses):
        cause = str(row.get_cause_display())
        yield Entry(row.created_at, row.pk, _("pause"), cause, row.actor, row.reason)
        if row.cleared_at is not None:
            yield Entry(row.cleared_at, row.pk, _("pause cleared"), cause, row.cleared_by)


def _approvals(plan: Plan) -> Iterator[Entry]:
    row: Approval
    for row in _newest(plan.approvals):
        yield Entry(row.created_at, row.pk, _("approval"), row.sha256[:12], row.approver, row.reason)
        if row.voided_at is not None:
            yield Entry(row.voided_at, row.pk, _("approval void"), row.sha256[:12], row.approver)


def _rollbacks(plan: Plan) -> Iterator[Entry]:
    row: Rollback
    for row in _newest(plan.rollbacks):
        told = (
            (row.requested_at, _("rollback asked for")), (row.effective_at, _("rollback effective")),
            (row.drained_at, _("rollback drained")), (row.verified_at, _("rollback verified")),
        )  # fmt: skip
        for at, what in told:
            if at is not None:
                yield Entry(at, row.pk, what, str(row.get_strategy_display()), row.actor, row.reason, _url(row))
