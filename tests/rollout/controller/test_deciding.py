"""What a round decides, in the order of evaluation: a pure table."""

from dataclasses import replace
from typing import Any

import pytest

from rollout.checklists.words import words
from rollout.controller import codes
from rollout.controller.deciding import (
    APPLYING,
    FIRST_S,
    GAP,
    GUARDRAIL,
    HELD,
    NO_DATA,
    OBSERVING,
    OPERATOR,
    PAUSED,
    PENDING,
    RUNNING,
    SOAKING,
    Around,
    Do,
    Order,
    PlanState,
    StepState,
    decide,
)
from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.finding import Finding
from rollout.guardrails.judgement import Block, Judgement, Stage
from rollout.guardrails.metrics import Metric
from rollout.guardrails.verdicts import Verdict

STEP = StepState(2, OBSERVING, observe_s=60, waited_s=61.0, advance_requested=False, is_last=False)
PLAN = PlanState(RUNNING, auto_execute=True, approved=True, step=STEP)
CALM = Around(gap_s=1.0, overridden=False, unconfirmed=(), alarms=(), frozen=False)
PASSING = Judgement(0.0, Verdict.PASS, Action.NONE, (), ())


def judged(action: Action, *found: Code, metric: Metric = Metric.CPU, verdict: Verdict = Verdict.ACT) -> Judgement:
    finding = Finding(metric=metric, verdict=verdict, value=0.95, action=action, codes=found)
    stage = Stage.FRESH if verdict is Verdict.NO_DATA else Stage.ACT
    block = Block(stage, found[0] if found else None, metric)
    return Judgement(0.0, verdict, action, (finding,), (block,))


def held_by(stage: Stage = Stage.HOLD, verdict: Verdict = Verdict.HOLD) -> Judgement:
    return Judgement(0.0, verdict, Action.NONE, (), (Block(stage, None, Metric.AGE, "health"),))


def order(
    plan: PlanState | None = PLAN, judgement: Judgement = PASSING, around: Around = CALM, **changes: Any
) -> Order:
    return decide(plan=plan, judgement=judgement, around=replace(around, **changes), gap_limit_s=3.0, quiet_s=600.0)


def at(**changes: Any) -> PlanState:
    return replace(PLAN, step=replace(STEP, **changes))


def test_a_step_passes_when_nothing_is_in_its_way() -> None:
    assert order().do is Do.PASS


@pytest.mark.parametrize(
    ("plan", "judgement", "around", "blocked"),
    [
        (PLAN, PASSING, {"overridden": True}, "override"),
        (replace(PLAN, status=PAUSED, pauses=frozenset({OPERATOR})), PASSING, {}, "paused"),
        (replace(PLAN, moved=("health",)), PASSING, {}, "moved:health"),
        (PLAN, PASSING, {"unconfirmed": ("web:1",)}, "epoch"),
        (PLAN, held_by(Stage.FRESH, Verdict.NO_DATA), {}, "age::health"),
        (at(waited_s=59.0), PASSING, {}, "interval"),
        (at(waited_s=None), PASSING, {}, "interval"),
        (PLAN, held_by(Stage.SAMPLES, Verdict.NO_DATA), {}, "age::health"),
        (PLAN, held_by(), {}, "age::health"),
        (PLAN, PASSING, {"alarms": ("lost:health",)}, "alarms:lost:health"),
        (PLAN, PASSING, {"alarms": None}, "alarms"),
        (PLAN, PASSING, {"alerts": ("redis_full",)}, "alerts:redis_full"),
        (PLAN, PASSING, {"frozen": True}, "freeze"),
        (PLAN, PASSING, {"not_ready": ("backup",)}, "not_ready:backup"),
        (replace(PLAN, approved=False), PASSING, {}, "approval"),
        (replace(PLAN, auto_execute=False), PASSING, {}, "person"),
    ],
)
def test_one_reason_is_enough_to_keep_a_step(
    plan: PlanState, judgement: Judgement, around: dict[str, Any], blocked: str
) -> None:
    found = order(plan, judgement, **around)
    assert found.do not in (Do.PASS, Do.BEGIN)
    assert blocked in found.blocked_by


def test_reasons_are_told_in_the_order_of_evaluation() -> None:
    plan = PlanState(
        PAUSED, auto_execute=False, approved=False, step=replace(STEP, waited_s=1.0), pauses=frozenset({OPERATOR})
    )
    blocks = (Block(Stage.FRESH, Code.STALE, Metric.CPU), Block(Stage.SAMPLES, Code.TOO_FEW, Metric.ACCEPT))
    judgement = Judgement(0.0, Verdict.NO_DATA, Action.NONE, (), blocks)
    found = order(
        plan, judgement, overridden=True, unconfirmed=("w",), alarms=("redis",), frozen=True, not_ready=("backup",),
        alerts=("redis_full",),
    )  # fmt: skip
    assert found.blocked_by == (
        "override", "paused", "epoch", "cpu:stale:", "interval", "accept:too_few:", "alarms:redis", "alerts:redis_full",
        "freeze", "not_ready:backup", "approval", "person",
    )  # fmt: skip
    assert all(codes.text(code) for code in found.blocked_by)
    assert codes.text("not_ready:backup") == f"{codes.WORDS[codes.NOT_READY]}: {words(['backup'])[0]}" != "backup"


def test_a_person_advances_every_step_of_a_plan_that_does_not_advance_by_itself() -> None:
    assert order(replace(PLAN, auto_execute=False)).do is Do.NOTHING
    asked = replace(PLAN, auto_execute=False, step=replace(STEP, advance_requested=True))
    assert order(asked).do is Do.PASS
    assert order(asked, held_by()).do is Do.HOLD


def test_the_last_step_needs_nobody_to_begin_the_soak() -> None:
    assert order(replace(PLAN, auto_execute=False, step=replace(STEP, is_last=True))).do is Do.PASS


def test_the_next_step_begins_when_the_guardrails_do_not_act() -> None:
    pending = at(status=PENDING, waited_s=None)
    assert order(pending).do is Do.BEGIN
    assert order(pending, held_by(Stage.SAMPLES, Verdict.NO_DATA)).do is Do.BEGIN
    assert order(pending, not_ready=("backup",)).do is Do.NOTHING
    assert order(pending, judged(Action.NONE, Code.WITHHELD)).do is Do.NOTHING


def test_a_step_is_observed_from_when_all_processes_have_confirmed_it() -> None:
    applying = at(status=APPLYING, waited_s=None)
    assert order(applying, unconfirmed=("web:1",)).do is Do.NOTHING
    assert order(applying).do is Do.CONFIRM
    assert order(replace(applying, status=PAUSED, pauses=frozenset({OPERATOR}))).do is Do.CONFIRM


def test_a_step_is_held_and_released_by_the_guardrails_alone() -> None:
    assert order(judgement=held_by()).do is Do.HOLD
    assert order(at(status=HELD), held_by()).do is Do.NOTHING
    assert order(at(status=HELD, waited_s=1.0)).do is Do.RELEASE
    assert order(at(waited_s=1.0)).do is Do.NOTHING
    assert order(judgement=held_by(Stage.SAMPLES, Verdict.NO_DATA)).do is Do.NOTHING


def test_a_step_that_has_just_begun_is_not_held_for_its_first_evidence() -> None:
    for found in (held_by(Stage.FRESH, Verdict.NO_DATA), held_by(Stage.SAMPLES, Verdict.NO_DATA)):
        assert order(at(waited_s=1.0), found).do is Do.NOTHING
    assert order(at(waited_s=1.0), held_by()).do is Do.HOLD
    assert order(at(waited_s=FIRST_S), held_by(Stage.FRESH, Verdict.NO_DATA)).do is Do.HOLD
    assert order(at(status=HELD, waited_s=1.0), held_by(Stage.FRESH, Verdict.NO_DATA)).do is Do.NOTHING


@pytest.mark.parametrize("status", [RUNNING, PAUSED, SOAKING])
def test_a_rollback_asks_for_nothing_else(status: str) -> None:
    plan = replace(PLAN, status=status, approved=False, pauses=frozenset({OPERATOR}))
    found = order(plan, judged(Action.ROLL_BACK, metric=Metric.ERRORS), overridden=True, gap_s=10_000.0)
    assert found.do is Do.ROLL_BACK
    assert "errors" in found.reason


def test_a_share_that_a_person_has_set_is_rolled_back_too() -> None:
    assert order(None, judged(Action.ROLL_BACK)).do is Do.ROLL_BACK
    assert order(None).do is Do.NOTHING
    assert order(None, judged(Action.PAUSE)).do is Do.NOTHING


def test_where_nothing_is_on_the_stream_there_is_nothing_to_roll_back() -> None:
    assert order(None, judged(Action.ROLL_BACK), is_used=False).do is Do.NOTHING
    assert order(PLAN, judged(Action.ROLL_BACK), is_used=False).do is Do.ROLL_BACK


def test_a_guardrail_pauses_once() -> None:
    found = order(judgement=judged(Action.PAUSE))
    assert (found.do, found.cause) == (Do.PAUSE, GUARDRAIL)
    again = order(replace(PLAN, status=PAUSED, pauses=frozenset({GUARDRAIL})), judged(Action.PAUSE))
    assert again.do is not Do.PAUSE


def test_missing_data_pauses_for_its_own_cause() -> None:
    quiet = judged(Action.PAUSE, Code.QUIET, verdict=Verdict.NO_DATA)
    assert order(judgement=quiet).cause == NO_DATA
    stacked = order(replace(PLAN, status=PAUSED, pauses=frozenset({OPERATOR})), quiet)
    assert (stacked.do, stacked.cause) == (Do.PAUSE, NO_DATA)


def test_a_backlog_asks_for_consumers_with_and_without_a_plan() -> None:
    more = judged(Action.ADD_CONSUMERS, metric=Metric.BACKLOG)
    assert order(judgement=more).do is Do.ADD_CONSUMERS
    assert order(None, more).do is Do.ADD_CONSUMERS


def test_after_a_gap_the_step_is_observed_anew_and_nothing_is_skipped() -> None:
    assert order(gap_s=3.0).do is Do.PASS
    assert order(gap_s=3.1).do is Do.OBSERVE_ANEW
    assert order(at(status=PENDING, waited_s=None), gap_s=30.0).do is Do.BEGIN


def test_after_a_long_gap_the_plan_pauses_first() -> None:
    found = order(gap_s=601.0)
    assert (found.do, found.cause) == (Do.PAUSE, GAP)
    paused = replace(PLAN, status=PAUSED, pauses=frozenset({GAP}))
    assert order(paused, gap_s=601.0).do is Do.OBSERVE_ANEW


def test_slow_rounds_do_not_keep_a_guardrail_from_pausing() -> None:
    found = order(judgement=judged(Action.PAUSE), gap_s=4.0)
    assert (found.do, found.cause) == (Do.PAUSE, GUARDRAIL)
    paused = replace(PLAN, status=PAUSED, pauses=frozenset({GUARDRAIL}))
    assert order(paused, judged(Action.PAUSE), gap_s=4.0).do is Do.OBSERVE_ANEW


@pytest.mark.parametrize("cause", [NO_DATA, GAP])
def test_fresh_evidence_ends_the_pauses_that_its_lack_has_caused(cause: str) -> None:
    paused = replace(PLAN, status=PAUSED, pauses=frozenset({cause}))
    assert order(paused, held_by(Stage.FRESH, Verdict.NO_DATA)).do is not Do.RESUME
    found = order(paused, held_by())
    assert (found.do, found.cause) == (Do.RESUME, cause)


def test_a_guardrails_pause_ends_when_everything_passes_in_a_plan_that_advances_by_itself() -> None:
    paused = replace(PLAN, status=PAUSED, pauses=frozenset({GUARDRAIL}))
    assert order(paused, held_by()).do is not Do.RESUME
    assert order(paused).do is Do.RESUME
    assert order(replace(paused, auto_execute=False)).do is not Do.RESUME


def test_an_operators_pause_is_only_the_operators_to_end() -> None:
    assert order(replace(PLAN, status=PAUSED, pauses=frozenset({OPERATOR}))).do is Do.NOTHING


def test_a_soaking_plan_is_watched_and_not_moved() -> None:
    soaking = replace(PLAN, status=SOAKING, step=None)
    assert order(soaking).do is Do.NOTHING
    assert order(soaking, judged(Action.PAUSE)).do is Do.NOTHING
