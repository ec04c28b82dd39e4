"""The consistency check in the checklists: measured as soon as it has begun."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ingest.models import HealthData
from ljwx import databaseclock
from rollout import checklists, consistency
from rollout.checklists.item import State
from rollout.consistency.acknowledging import acknowledge
from rollout.models import CheckFinding, CheckProgress, Plan
from streaming import consumer
from tests.rollout.consistency.scene import advance, consume, readings, send
from tests.rollout.plans.stage import S, brought


@pytest.fixture(autouse=True)
def ground(redis: object, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "close_old_connections", lambda: None)


def item(plan: Plan, code: str) -> checklists.Item:
    return next(each for each in checklists.items(plan) if each.code == code)


def behind(seconds: float) -> None:
    """The rolling check has come to so long ago."""
    CheckProgress.objects.update(cursor_ms=round((databaseclock.now() - seconds) * 1000))


def test_the_check_works_while_it_keeps_up() -> None:
    plan = brought(S.APPROVED)
    assert item(plan, "consistency_check").state is State.UNKNOWN
    consistency.advance(now=databaseclock.now())
    found = item(plan, "consistency_check")
    assert (found.state, found.value.startswith("compared through 2")) == (State.GREEN, True)
    assert "consistency_check" not in checklists.preflight(plan)
    behind(600)
    assert item(plan, "consistency_check").state is State.RED
    assert "consistency_check" in checklists.preflight(plan)


def test_consistency_is_verified_when_nothing_has_stopped_it_since_the_plan_was_started() -> None:
    plan = brought(S.SOAKING)
    assert item(plan, "consistency_verified").state is State.UNKNOWN
    consistency.advance(now=databaseclock.now())
    assert item(plan, "consistency_verified").state is State.GREEN
    plan.started_at = timezone.now() - timedelta(hours=2)
    assert item(plan, "consistency_verified").state is State.UNKNOWN


def test_what_is_not_as_sent_is_named_until_it_is_mended_or_answered_for() -> None:
    plan = brought(S.SOAKING)
    consistency.advance(now=databaseclock.now())
    send(*readings(3))
    consume()
    HealthData.objects.filter(step=1).update(heart_rate=1)
    advance()
    behind(0)
    found = item(plan, "consistency_verified")
    assert (found.state, "health different" in found.value) == (State.RED, True)
    acknowledge(list(CheckFinding.objects.values_list("pk", flat=True)), actor="ann", reason="x")
    assert item(plan, "consistency_verified").state is State.GREEN
