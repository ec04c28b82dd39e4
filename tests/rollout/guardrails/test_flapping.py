"""Automatic changes do not chase each other, and a metric recovers slowly."""

from typing import Any

import pytest

from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.evidence import Evidence, Streak
from rollout.guardrails.judge import judge
from rollout.guardrails.judgement import Block, Stage
from rollout.guardrails.metrics import LEGACY, STREAM, Metric
from rollout.guardrails.recovery import streaks
from rollout.guardrails.verdicts import Verdict
from tests.rollout.guardrails.healthy import NOW, POLICY, accept, changed, evidence, found, judged, series, tally

HOT = {"cpu": series(0.95, 0.95, 0.95, every=20)}


@pytest.mark.parametrize(
    ("ago", "action"), [(0, Action.NONE), (299, Action.NONE), (300, Action.PAUSE), (-200, Action.NONE)]
)  # fmt: skip
def test_a_metric_pauses_once_in_five_minutes(ago: float, action: Action) -> None:
    finding = found(judged(**HOT, changes=(changed(Metric.CPU, Action.PAUSE, ago=ago),)), Metric.CPU)
    assert (finding.verdict, finding.action) == (Verdict.ACT, action)
    assert (Code.WITHHELD in finding.codes) == (action is Action.NONE)


def test_changes_for_other_metrics_kinds_and_paths_withhold_nothing() -> None:
    assert judged(**HOT, changes=(changed(Metric.AGE, Action.PAUSE, ago=1, kind="health"),)).action is Action.PAUSE
    slow = (accept(STREAM, p99_s=9.0), accept(LEGACY))
    other = changed(Metric.ACCEPT, Action.PAUSE, ago=1, path=LEGACY)
    assert judged(accept=slow, changes=(other,)).action is Action.PAUSE


def test_a_stronger_action_is_not_withheld() -> None:
    paused = changed(Metric.MEMORY, Action.PAUSE, ago=1)
    assert judged(memory=series(0.9), changes=(paused,)).action is Action.NONE
    assert judged(memory=series(0.96), changes=(paused,)).action is Action.ROLL_BACK


def test_a_rollback_is_never_withheld() -> None:
    bad = {"errors": tally(good=0, errors=100)}
    back = changed(Metric.ERRORS, Action.ROLL_BACK, ago=1, kind="health")
    assert judged(of_kind=bad, changes=(back,)).action is Action.ROLL_BACK


def test_after_an_automatic_rollback_a_plan_needs_a_person() -> None:
    judgement = judged(changes=(changed(Metric.LOST, Action.ROLL_BACK, ago=90_000, kind="event"),))
    assert judgement.verdict is Verdict.PASS
    assert judgement.blocks == (Block(Stage.PERSON, Code.NEEDS_PERSON),)
    assert not judgement.may_advance


def cpu_streak(clean: int, *, ago: float) -> Streak:
    return Streak(metric=Metric.CPU, clean=clean, at=NOW - ago)


@pytest.mark.parametrize(
    ("streak", "verdict"),
    [
        ((), Verdict.HOLD),
        ((cpu_streak(4, ago=1),), Verdict.HOLD),
        ((cpu_streak(5, ago=1),), Verdict.PASS),
        ((cpu_streak(9, ago=1_001),), Verdict.HOLD),
        ((Streak(metric=Metric.MEMORY, clean=5, at=NOW),), Verdict.HOLD),
    ],
)
def test_recovery_needs_five_clean_windows_after_the_change(streak: tuple[Streak, ...], verdict: Verdict) -> None:
    paused = changed(Metric.CPU, Action.PAUSE, ago=1_000)
    judgement = judged(changes=(paused,), streaks=streak)
    finding = found(judgement, Metric.CPU)
    assert (finding.verdict, judgement.may_advance) == (verdict, verdict is Verdict.PASS)
    assert (finding.codes == (Code.RECOVERING,)) == (verdict is Verdict.HOLD)
    assert [block.stage for block in judgement.blocks] == ([Stage.INTERVAL] if verdict is Verdict.HOLD else [])


def after(rounds: Any) -> Evidence:
    """Rounds of (seconds after the pause, CPU): the evidence of the last one, with its streaks."""
    paused = changed(Metric.CPU, Action.PAUSE, ago=0)
    now = evidence(changes=(paused,))
    for seconds, value in rounds:
        later = moved(seconds, value, now)
        judgement = judge(POLICY, later)
        now = evidence(
            changes=(paused,), streaks=streaks(limits=POLICY.flapping, evidence=later, judgement=judgement)
        )  # fmt: skip
    return now


def moved(seconds: float, value: float, before: Evidence) -> Evidence:
    samples = series(value, value, value, every=20, age=1 - seconds)
    return evidence(now=NOW + seconds, cpu=samples, changes=before.changes, streaks=before.streaks)


def clean(rounds: Any) -> int:
    (streak,) = after(rounds).streaks
    return streak.clean


def test_windows_are_counted_by_the_minute() -> None:
    assert clean([(each, 0.5) for each in range(1, 60)]) == 0
    assert clean([(each, 0.5) for each in range(1, 62)]) == 1
    assert clean([(each, 0.5) for each in range(1, 302)]) == 5


def test_a_round_that_was_not_clean_begins_anew() -> None:
    assert clean([(each, 0.85 if each == 290 else 0.5) for each in range(1, 302)]) == 0
    assert clean([(each, 0.85 if each == 200 else 0.5) for each in range(1, 302)]) == 1


def test_what_nobody_judged_was_not_clean() -> None:
    assert clean([(1, 0.5), (62, 0.5), (123, 0.5)]) == 2
    assert clean([(1, 0.5), (62, 0.5), (300, 0.5)]) == 0


def test_a_clock_that_went_back_begins_anew() -> None:
    assert clean([(1, 0.5), (62, 0.5), (50, 0.5)]) == 0


def test_a_metric_that_was_never_changed_has_no_streak() -> None:
    now = evidence()
    assert streaks(limits=POLICY.flapping, evidence=now, judgement=judge(POLICY, now)) == ()


@pytest.mark.parametrize("at", [float("nan"), float("inf")])
def test_a_change_without_a_time_is_refused(at: float) -> None:
    with pytest.raises(ValueError, match="at is a time"):
        Streak(metric=Metric.CPU, clean=0, at=at)
