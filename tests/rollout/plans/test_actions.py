"""The state machine, pair by pair: what each status allows, what it refuses, and that a refusal says what it allows."""

from collections.abc import Callable
from typing import Any

import pytest

from rollout.models import Plan, Transition
from rollout.plans import drafting, returning, transitions
from rollout.plans.actions import ACTIONS, allowed
from rollout.plans.errors import Conflict
from tests.rollout.plans.stage import S, brought, drafts, ready

pytestmark = pytest.mark.usefixtures("db")

# By hand from the control plane's specification: action, then what it leads to from each status that allows it.
LEADS: dict[str, dict[str, str]] = {
    "edit": {S.DRAFT: S.DRAFT, S.SUBMITTED: S.DRAFT, S.APPROVED: S.DRAFT},
    "submit": {S.DRAFT: S.SUBMITTED},
    "approve": {S.SUBMITTED: S.APPROVED, S.APPROVED: S.APPROVED},
    "start": {S.APPROVED: S.RUNNING},
    "pause": {S.RUNNING: S.PAUSED, S.PAUSED: S.PAUSED},
    "resume": {S.PAUSED: S.RUNNING},
    "advance": {S.RUNNING: S.RUNNING},
    "complete": {S.SOAKING: S.COMPLETED},
    "cancel": {S.DRAFT: S.CANCELLED, S.SUBMITTED: S.CANCELLED, S.APPROVED: S.CANCELLED},
    "rollback": {
        S.RUNNING: S.ROLLING_BACK,
        S.PAUSED: S.ROLLING_BACK,
        S.SOAKING: S.ROLLING_BACK,
        S.ROLLING_BACK: S.ROLLING_BACK,
        S.DRAINING: S.DRAINING,
    },
}
# Asked for again they find it done and write nothing.
HARMLESS = {("rollback", S.ROLLING_BACK), ("rollback", S.DRAINING)}


def act(action: str, plan: Plan, *, version: int | None) -> Plan:
    """What a third person does to `plan`."""
    asked: dict[str, Any] = {"actor": "zhao", "reason": "asked", "version": version}
    doing: dict[str, Callable[[], Plan]] = {
        "edit": lambda: drafting.edit(
            plan.pk, name="winter", steps=drafts("7"), kinds=["health"], auto_execute=True, **asked
        ),
        "submit": lambda: transitions.submit(plan.pk, **asked),
        "approve": lambda: transitions.approve(plan.pk, **asked),
        "start": lambda: transitions.start(plan.pk, preflight=ready, **asked),
        "pause": lambda: transitions.pause(plan.pk, cause="guardrail", **asked),
        "resume": lambda: transitions.resume(plan.pk, **asked),
        "advance": lambda: transitions.advance(plan.pk, **asked),
        "complete": lambda: transitions.complete(plan.pk, **asked),
        "cancel": lambda: transitions.cancel(plan.pk, **asked),
        "rollback": lambda: returning.roll_back(plan.pk, actor="zhao", reason="asked"),
    }
    return doing[action]()


def test_the_table_has_every_action_and_no_other() -> None:
    assert {name: set(action.sources) for name, action in ACTIONS.items()} == {
        name: set(leads) for name, leads in LEADS.items()
    }


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("action", LEADS)
def test_each_status_allows_what_it_must_and_refuses_the_rest(action: str, status: str) -> None:
    plan = brought(status)
    version, rows = plan.version, Transition.objects.filter(plan=plan).count()
    leads = LEADS[action].get(status)
    if leads is None:
        with pytest.raises(Conflict) as error:
            act(action, plan, version=version)
        assert error.value.allowed == allowed(status)
        assert set(error.value.allowed) == {name for name, sources in LEADS.items() if status in sources}
        plan.refresh_from_db()
        assert (plan.status, plan.version) == (status, version)
        assert Transition.objects.filter(plan=plan).count() == rows
        return
    after = act(action, plan, version=version)
    assert after.status == leads
    written = (action, status) not in HARMLESS
    assert (after.version, Transition.objects.filter(plan=plan).count()) == (version + written, rows + written)
    if written:
        row = Transition.objects.filter(plan=plan).last()
        assert row is not None
        assert (row.action, row.version, row.actor, row.reason) == (action, after.version, "zhao", "asked")


@pytest.mark.parametrize(
    ("action", "status"),
    [(action, status) for action, leads in LEADS.items() if action != "rollback" for status in leads],
)
def test_a_stale_version_changes_nothing(action: str, status: str) -> None:
    plan = brought(status)
    with pytest.raises(Conflict, match="version") as error:
        act(action, plan, version=plan.version - 1)
    assert error.value.allowed == allowed(status)
    before = plan.version
    plan.refresh_from_db()
    assert (plan.status, plan.version) == (status, before)


@pytest.mark.parametrize("status", S)
def test_a_plan_is_active_exactly_while_it_moves_something(status: str) -> None:
    active = {S.RUNNING, S.PAUSED, S.SOAKING, S.ROLLING_BACK, S.DRAINING}
    assert brought(status).active is (True if status in active else None)
