"""Fifty threads at one plan: only legal histories, no lost rollback, and no failure but a refusal."""

import os
from collections.abc import Iterator

import pytest

from rollout.models import Plan, Transition
from rollout.plans import returning
from rollout.plans.actions import MOVING
from tests.rollout.plans import contest
from tests.rollout.plans.contest import Contest
from tests.rollout.plans.stage import S, brought

ROUNDS = int(os.environ.get("LJWX_TEST_CONTEST", "8"))


@pytest.fixture
def rounds(transactional_db: None) -> Iterator[Contest]:
    running = Contest(seed=ROUNDS)
    yield running
    running.close()


@pytest.mark.django_db(transaction=True)
def test_whatever_fifty_threads_do_to_a_plan_its_history_is_legal(rounds: Contest) -> None:
    for number in range(ROUNDS):
        plan = rounds.round()
        active = Plan.objects.filter(active=True)
        assert active.count() <= 1
        assert contest.faults(plan, rolled_back=plan.pk in rounds.rolled_back) == [], f"round {number}"
        assert contest.route_faults() == [], f"round {number}"
        if (still := active.first()) is not None:
            end(still)
    # A contest in which nothing collides or nothing passes proves nothing. Which moves do so is the threads' luck.
    done = sum(count for outcome, count in rounds.outcomes.items() if outcome.endswith(" done"))
    refused = sum(count for outcome, count in rounds.outcomes.items() if outcome.endswith(" refused"))
    assert done > ROUNDS
    assert refused > ROUNDS


def end(plan: Plan) -> None:
    """Bring an active plan to its end, so that the next round has the place."""
    if plan.status in MOVING:
        returning.roll_back(plan.pk, actor="wang", reason="the round is over")
    returning.drain(plan.pk, actor="wang")
    returning.end(plan.pk, actor="wang")


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda plan: Transition.objects.filter(plan=plan, version=2).delete(), "holes"),
        (lambda plan: Transition.objects.filter(plan=plan, version=2).update(from_status="paused"), "but the plan was"),
        (lambda plan: Transition.objects.filter(plan=plan, action="confirm").update(from_status="held"), "step 1 from"),
        (lambda plan: plan.steps.filter(position=1).update(status="held"), "of the steps"),
        (lambda plan: plan.pauses.create(cause="operator", reason="x", actor="x"), "a pause stands"),
    ],
    ids=["hole", "chain", "step chain", "step", "pause"],
)
def test_a_history_that_is_not_legal_is_found(spoil: object, fault: str) -> None:
    plan = brought(S.RUNNING, steps=contest.drafts(*contest.SHARES))
    assert contest.faults(plan, rolled_back=False) == []
    assert callable(spoil)
    spoil(plan)
    assert fault in " ".join(contest.faults(plan, rolled_back=False))
    assert "lost" in " ".join(contest.faults(plan, rolled_back=True))


@pytest.mark.usefixtures("db")
def test_a_route_that_is_not_its_last_change_is_found() -> None:
    brought(S.RUNNING)
    assert contest.route_faults() == []
    contest.Route.objects.filter(kind="health").update(percentage=77)
    assert len(contest.route_faults()) == 1
