"""What a plan goes through: steps, pauses, the way back, and that there is one active plan."""

import threading
from decimal import Decimal

import pytest
from django.db import connection

from rollout import traffic
from rollout.models import Change, Pause, Plan, Route
from rollout.plans import drafting, returning, steps, templates, transitions
from rollout.plans.errors import Conflict, Invalid
from rollout.plans.templates import StepDraft
from tests.rollout.plans.stage import (
    AUTHOR,
    CONTROLLER,
    S,
    approved,
    begin,
    brought,
    confirm,
    drafts,
    drawn,
    finish,
    history,
    observed,
    passed,
    ready,
    standing,
    unfenced,
)

Cause = Pause.Cause


def shares() -> set[Decimal]:
    return set(Route.objects.values_list("percentage", flat=True))


@pytest.mark.usefixtures("db")
def test_a_step_moves_routes_history_and_itself_at_once() -> None:
    plan = brought(S.RUNNING)
    assert shares() == {Decimal(5)}
    change = Change.objects.filter(plan=plan).first()
    assert change is not None
    assert (change.source, change.actor, change.reason) == ("plan", CONTROLLER, "gates pass")
    assert plan.steps.get(position=1).epochs == traffic.epochs(plan.kinds) == {"device": 2, "event": 2, "health": 2}


@pytest.mark.usefixtures("db")
def test_the_last_step_soaks_and_none_before_it() -> None:
    plan = brought(S.RUNNING)
    assert finish(plan.pk, position=1).status == S.RUNNING
    observed(plan, 2)
    plan = finish(plan.pk, position=2)
    assert plan.status == S.SOAKING
    assert plan.soaking_since is not None
    assert history(plan)[-2:] == [("pass", "observing", "passed"), ("soak", "running", "soaking")]


@pytest.mark.usefixtures("db")
def test_no_step_is_skipped_or_applied_twice() -> None:
    plan = approved(drawn("5", "10", "20"))
    transitions.start(plan.pk, actor=AUTHOR, preflight=ready)
    for wrong in (2, 3, 4):
        with pytest.raises(Conflict):
            begin(plan.pk, position=wrong)
    begin(plan.pk, position=1)
    with pytest.raises(Conflict):
        begin(plan.pk, position=1)
    with pytest.raises(Conflict):
        finish(plan.pk, position=1)
    confirm(plan.pk, position=1)
    with pytest.raises(Conflict):
        begin(plan.pk, position=2)
    assert shares() == {Decimal(5)}


@pytest.mark.usefixtures("db")
def test_a_controller_of_the_past_writes_nothing() -> None:
    class Lost(Exception):
        pass

    def fence() -> None:
        raise Lost

    plan = brought(S.RUNNING)
    version = plan.version
    with pytest.raises(Lost):
        steps.finish(plan.pk, position=1, actor=CONTROLLER, verdict="pass", by=CONTROLLER, fence=fence)
    plan.refresh_from_db()
    assert plan.version == version


@pytest.mark.usefixtures("db")
def test_a_held_step_is_told_once_until_it_is_released() -> None:
    plan = brought(S.RUNNING)
    held = steps.hold(plan.pk, position=1, actor=CONTROLLER, blocked_by=["backlog"], fence=unfenced)
    again = steps.hold(plan.pk, position=1, actor=CONTROLLER, blocked_by=["backlog", "cpu"], fence=unfenced)
    assert held.version == again.version
    assert plan.steps.get(position=1).blocked_by == ["backlog", "cpu"]
    steps.hold(plan.pk, position=1, actor=CONTROLLER, blocked_by=[], held=False, fence=unfenced)
    assert history(plan)[-2:] == [("hold", "observing", "held"), ("release", "held", "observing")]


@pytest.mark.usefixtures("db")
def test_pauses_stack_and_each_is_cleared_by_its_own() -> None:
    plan = brought(S.PAUSED)
    transitions.pause(plan.pk, actor=CONTROLLER, reason="errors", cause=Cause.GUARDRAIL)
    version = transitions.pause(plan.pk, actor="zhao", reason="mine too").version
    assert standing(plan) == {Cause.OPERATOR, Cause.GUARDRAIL}
    assert version == transitions.pause(plan.pk, actor="zhao", reason="once more").version
    assert transitions.resume(plan.pk, actor="wang", reason="back").status == S.PAUSED
    assert standing(plan) == {Cause.GUARDRAIL}
    with pytest.raises(Conflict, match="guardrail"):
        transitions.resume(plan.pk, actor="wang", reason="again")
    assert transitions.resume(plan.pk, actor="wang", reason="x", causes=[Cause.GUARDRAIL]).status == S.RUNNING
    assert set(Pause.objects.values_list("cleared_by", flat=True)) == {"wang"}


@pytest.mark.usefixtures("db")
def test_after_a_pause_the_step_is_observed_anew() -> None:
    plan = brought(S.RUNNING)
    steps.hold(plan.pk, position=1, actor=CONTROLLER, blocked_by=["backlog"], fence=unfenced)
    before = plan.steps.get(position=1).observing_since
    transitions.pause(plan.pk, actor="wang", reason="lunch")
    plan = transitions.resume(plan.pk, actor="wang", reason="back")
    step = plan.steps.get(position=1)
    assert (step.status, step.blocked_by) == ("observing", [])
    assert step.observing_since is not None
    assert before is not None
    assert step.observing_since > before
    last = plan.transitions.last()
    assert last is not None
    assert last.facts == {"steps": {"1": ["held", "observing"]}}


@pytest.mark.usefixtures("db")
def test_an_advance_is_asked_once_and_only_of_a_step_that_is_observed() -> None:
    plan = approved(drawn())
    transitions.start(plan.pk, actor=AUTHOR, preflight=ready)
    with pytest.raises(Conflict, match="No step"):
        transitions.advance(plan.pk, actor="wang")
    observed(plan, 1)
    first = transitions.advance(plan.pk, actor="wang")
    assert transitions.advance(plan.pk, actor="zhao").version == first.version
    assert plan.steps.get(position=1).advance_requested_by == "wang"


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("status", [S.RUNNING, S.PAUSED, S.SOAKING, S.ROLLING_BACK, S.DRAINING])
def test_the_way_back_is_open_from_every_active_status_and_harmless_twice(status: str) -> None:
    plan = brought(status)
    first = returning.roll_back(plan.pk, actor="wang", reason="errors")
    again = returning.roll_back(plan.pk, actor="zhao", reason="errors too")
    assert first.rollback_requested_at is not None
    assert (again.version, again.status, again.rollback_requested_at) == (
        first.version,
        first.status,
        first.rollback_requested_at,
    )
    assert standing(plan) == set()
    assert not plan.steps.filter(status__in=["applying", "observing", "held", "passed"]).exists()
    for refused in (
        lambda: transitions.pause(plan.pk, actor="zhao", reason="x"),
        lambda: begin(plan.pk, position=2),
        lambda: confirm(plan.pk, position=1),
        lambda: finish(plan.pk, position=1),
        lambda: transitions.complete(plan.pk, actor="zhao", reason="x"),
    ):
        with pytest.raises(Conflict):
            refused()


@pytest.mark.usefixtures("db")
def test_what_a_rollback_does_to_the_steps_is_in_its_audit_row() -> None:
    plan = approved(drawn("5", "10", "20"))
    transitions.start(plan.pk, actor=AUTHOR, preflight=ready)
    observed(plan, 1)
    finish(plan.pk, position=1)
    begin(plan.pk, position=2)
    returning.roll_back(plan.pk, actor="wang", reason="errors")
    last = plan.transitions.last()
    assert last is not None
    assert last.facts == {"steps": {"1": ["passed", "reverted"], "2": ["applying", "failed"]}}
    assert list(plan.steps.values_list("status", flat=True)) == ["reverted", "failed", "pending"]


@pytest.mark.usefixtures("db")
def test_draining_and_its_end_are_harmless_twice_and_come_in_order() -> None:
    plan = brought(S.ROLLING_BACK)
    with pytest.raises(Conflict):
        returning.end(plan.pk, actor=CONTROLLER)
    drained = returning.drain(plan.pk, actor=CONTROLLER)
    assert returning.drain(plan.pk, actor=CONTROLLER).version == drained.version
    ended = returning.end(plan.pk, actor=CONTROLLER, reason="verified")
    assert returning.end(plan.pk, actor=CONTROLLER).version == ended.version
    assert (ended.status, ended.active) == (S.ROLLED_BACK, None)
    assert ended.ended_at is not None
    with pytest.raises(Conflict):
        returning.roll_back(plan.pk, actor="wang", reason="late")


@pytest.mark.usefixtures("db")
def test_while_a_plan_is_active_no_other_starts() -> None:
    first, second = brought(S.RUNNING), approved(drawn(name="winter"))
    with pytest.raises(Conflict, match="Another plan") as error:
        transitions.start(second.pk, actor=AUTHOR, preflight=ready)
    assert error.value.allowed == ("edit", "approve", "start", "cancel")
    transitions.complete(passed(first).pk, actor="wang", reason="well")
    assert transitions.start(second.pk, actor=AUTHOR, preflight=ready).status == S.RUNNING


@pytest.mark.django_db(transaction=True)
def test_of_two_starts_at_once_one_wins() -> None:
    plans = [approved(drawn(name=name)) for name in ("autumn", "winter")]
    together, outcomes = threading.Barrier(2), []

    def start(plan: Plan) -> None:
        together.wait()
        try:
            transitions.start(plan.pk, actor=AUTHOR, preflight=ready)
            outcomes.append("started")
        except Conflict as error:
            outcomes.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=start, args=(plan,)) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Another plan is active.", "started"]
    assert Plan.objects.filter(active=True).count() == 1


@pytest.mark.usefixtures("db")
def test_a_route_that_somebody_changes_meanwhile_refuses_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = approved(drawn())
    transitions.start(plan.pk, actor=AUTHOR, preflight=ready)

    def changed(**values: object) -> None:
        raise traffic.RouteConflict("changed")

    monkeypatch.setattr(traffic, "switch", changed)
    with pytest.raises(Conflict, match="changed"):
        begin(plan.pk, position=1)
    assert plan.steps.get(position=1).status == "pending"


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": ()},
        {"steps": drafts("10", "5")},
        {"steps": drafts("5", "5")},
        {"steps": drafts("0", "5")},
        {"steps": drafts("50", "100.01")},
        {"steps": drafts("NaN")},
        {"steps": drafts("1.234")},
        {"steps": drafts("5", observe_s=-1)},
        {"steps": drafts("5", observe_s=30 * 86_400 + 1)},
        {"steps": tuple(StepDraft(Decimal(n) / 2, 1) for n in range(1, 102))},
        {"name": " "},
        {"name": "x" * 101},
        {"kinds": []},
        {"kinds": ["health", "blood"]},
    ],
    ids=str,
)
def test_what_is_no_plan_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        drawn(**wrong)
    assert not Plan.objects.exists()


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("name", templates.TEMPLATES)
def test_every_template_is_a_plan(name: str) -> None:
    plan = drafting.create(name=name, steps=templates.TEMPLATES[name], actor=AUTHOR, template=name)
    assert [str(share) for share in plan.steps.values_list("percentage", flat=True)][-1] == "100.00"


@pytest.mark.parametrize(
    ("target", "step_size", "expected"),
    [("100", "30", ["30", "60", "90", "100"]), ("5", "10", ["5"]), ("1", "0.5", ["0.5", "1.0"])],
)
def test_generated_steps_end_at_the_target(target: str, step_size: str, expected: list[str]) -> None:
    made = templates.generated(target=Decimal(target), step_size=Decimal(step_size), interval_s=60)
    assert [str(step.percentage) for step in made] == expected
    templates.check(made)


@pytest.mark.parametrize(
    ("target", "step_size"),
    [("100", "0"), ("0", "1"), ("100", "-1"), ("NaN", "1"), ("100", "NaN"), ("100", "0.99"), ("Infinity", "1")],
)
def test_steps_that_can_not_be_generated_are_refused(target: str, step_size: str) -> None:
    with pytest.raises(Invalid):
        templates.generated(target=Decimal(target), step_size=Decimal(step_size), interval_s=60)
