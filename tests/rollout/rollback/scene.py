"""Plans, shares and processes for the tests of the way back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from monitoring.ledger import ACCEPTED
from monitoring.models import LedgerCount
from rollout.models import Plan, Rollback, Route
from rollout.plans import drafting, returning, steps, transitions
from rollout.plans.templates import StepDraft
from rollout.rollback import progress

S = Plan.Status
SHARES = (10, 30, 50, 100)
# Within one minute, far from its ends.
NOON = datetime.fromisoformat("2026-09-07T12:00:20+08:00")


def no_fence() -> None:
    """A lease that always holds."""


def share(percentage: float | str, *kinds: str) -> None:
    """Set the share of `kinds`, all when none is named, and nothing else."""
    routes = Route.objects.filter(kind__in=kinds) if kinds else Route.objects.all()
    routes.update(percentage=Decimal(str(percentage)))


def shares() -> dict[str, Decimal]:
    return dict(Route.objects.values_list("kind", "percentage"))


def all_at(percentage: float | str) -> dict[str, Decimal]:
    return dict.fromkeys(("device", "event", "health"), Decimal(str(percentage)))


def plan(status: str, *, at: int = 3, kinds: list[str] | None = None) -> Plan:
    """A plan of four steps that came to `status` by its own transitions; its first `at` steps are applied."""
    made = drafting.create(
        name="autumn", steps=[StepDraft(Decimal(each), 60) for each in SHARES], actor="ann", kinds=kinds
    )
    ways: dict[str, list[Callable[[], Any]]] = {
        S.SUBMITTED: [_submit(made)],
        S.APPROVED: [_submit(made), _approve(made)],
        S.CANCELLED: [lambda: transitions.cancel(made.pk, actor="ann", reason="x")],
    }
    for way in ways.get(status, []):
        way()
    if status not in (S.DRAFT, *ways):
        _run(made, status, at)
    made.refresh_from_db()
    assert made.status == status
    return made


def _submit(made: Plan) -> Callable[[], Any]:
    return lambda: transitions.submit(made.pk, actor="ann")


def _approve(made: Plan) -> Callable[[], Any]:
    return lambda: transitions.approve(made.pk, actor="bob", reason="x")


def _run(made: Plan, status: str, at: int) -> None:
    _submit(made)()
    _approve(made)()
    transitions.start(made.pk, actor="ann", preflight=lambda plan: [])
    at = len(SHARES) if status in (S.SOAKING, S.COMPLETED) else at
    for position in range(1, at + 1):
        steps.begin(made.pk, position=position, actor="c", reason="x", metrics={}, fence=no_fence)
        steps.confirm(made.pk, position=position, actor="c", fence=no_fence)
        if position < at or status in (S.SOAKING, S.COMPLETED):
            steps.finish(made.pk, position=position, actor="c", verdict="pass", by="ann", fence=no_fence)
    if status == S.PAUSED:
        transitions.pause(made.pk, actor="ann", reason="x")
    if status == S.COMPLETED:
        transitions.complete(made.pk, actor="ann", reason="x")
    if status in (S.ROLLING_BACK, S.DRAINING, S.ROLLED_BACK):
        returning.roll_back(made.pk, actor="ann", reason="x")
    if status in (S.DRAINING, S.ROLLED_BACK):
        returning.drain(made.pk, actor="c")
    if status == S.ROLLED_BACK:
        returning.end(made.pk, actor="c")


def accepted(path: str, per_second: float, *, at: datetime | None = None, kind: str = "health") -> None:
    """The ledger of the minute before `at`: so many records a second were accepted on a path."""
    minute = int((at or timezone.now()).timestamp()) // 60 - 1
    count = round(per_second * 60)
    LedgerCount.objects.create(minute=minute, kind=kind, path=path, what=ACCEPTED, count=count)


def go_on(moment: datetime, rounds: int = 1, *, apart: float = 1.0) -> Rollback:
    """Rounds of the controller from `moment` on, a second apart; the newest rollback after them."""
    for number in range(rounds):
        progress(now=(moment + timedelta(seconds=number * apart)).timestamp(), fence=no_fence)
    return newest()


def newest() -> Rollback:
    return Rollback.objects.order_by("-pk")[0]
