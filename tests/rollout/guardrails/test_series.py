"""Sampled metrics: CPU, backlog, age and memory around every threshold, and with too little to judge by."""

import math
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.evidence import Sample
from rollout.guardrails.finding import Finding
from rollout.guardrails.metrics import Metric
from rollout.guardrails.verdicts import Verdict
from tests.rollout.guardrails.healthy import BEGAN, NOW, found, judged, series


def cpu(samples: Sequence[Sample]) -> Finding:
    return found(judged(cpu=tuple(samples)), Metric.CPU)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ((0.7999, 0.5, 0.7999), Verdict.PASS),
        ((0.8, 0.5, 0.5), Verdict.HOLD),
        ((0.5, 0.8, 0.5), Verdict.HOLD),
        ((0.5, 0.5, 0.8), Verdict.HOLD),
        ((0.9, 0.9, 0.9), Verdict.HOLD),
        ((0.9001, 0.9001, 0.9001), Verdict.ACT),
        ((0.9, 0.99, 0.99), Verdict.HOLD),
        ((0.99, 0.9, 0.99), Verdict.HOLD),
        ((0.99, 0.99, 0.1), Verdict.HOLD),
        ((0.1, 0.99, 0.99, 0.99), Verdict.ACT),
        ((0.99, 0.1, 0.1, 0.1), Verdict.PASS),
    ],
)
def test_three_averages_must_agree(values: tuple[float, ...], verdict: Verdict) -> None:
    finding = cpu(series(*values, every=20))
    assert finding.verdict is verdict
    assert finding.action is (Action.PAUSE if verdict is Verdict.ACT else Action.NONE)


@pytest.mark.parametrize(
    ("metric", "name", "low", "hold", "act", "high"),
    [
        (Metric.BACKLOG, "backlog", 999, 1_000, 5_000, 5_001),
        (Metric.AGE, "age", 29.99, 30.0, 120.0, 120.01),
    ],
)
def test_backlog_and_age_around_their_thresholds(
    metric: Metric, name: str, low: float, hold: float, act: float, high: float
) -> None:
    verdicts = [found(judged(of_kind={name: series(*[v] * 3)}), metric).verdict for v in (0, low, hold, act, high)]
    assert verdicts == [Verdict.PASS, Verdict.PASS, Verdict.HOLD, Verdict.HOLD, Verdict.ACT]


def test_an_old_backlog_pauses() -> None:
    assert found(judged(of_kind={"age": series(121, 131, 141)}), Metric.AGE).action is Action.PAUSE


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, -1.0])
def test_one_look_without_an_answer_is_no_data(place: int, value: float | None) -> None:
    values: list[float | None] = [0.1, 0.1, 0.1]
    values[place] = value
    finding = cpu(series(*values, every=20))
    assert (finding.verdict, finding.codes) == (Verdict.NO_DATA, (Code.MISSING,))


def test_a_look_without_an_answer_between_the_samples_that_count_is_no_data_too() -> None:
    samples = series(0.1, 0.1, 0.1, every=20)
    assert cpu([*samples, Sample(NOW - 30, None)]).codes == (Code.MISSING,)


def test_a_look_without_an_answer_before_the_samples_that_count_is_past() -> None:
    assert cpu(series(None, 0.1, 0.1, 0.1, every=20)).verdict is Verdict.PASS


@pytest.mark.parametrize("at", [None, math.nan, math.inf])
def test_a_sample_without_a_time_is_no_data(at: float | None) -> None:
    assert cpu([*series(0.1, 0.1, 0.1, every=20), Sample(at, 0.1)]).codes == (Code.MISSING,)


@pytest.mark.parametrize(
    ("age", "verdict"), [(30.0, Verdict.PASS), (30.1, Verdict.NO_DATA), (-5.0, Verdict.PASS), (-5.1, Verdict.NO_DATA)]
)
def test_the_newest_sample_must_be_fresh_and_not_from_the_future(age: float, verdict: Verdict) -> None:
    assert cpu(series(0.1, 0.1, 0.1, every=20, age=age)).verdict is verdict


def test_too_old_samples_do_not_pause() -> None:
    finding = cpu(series(0.99, 0.99, 0.99, every=20, age=31))
    assert (finding.verdict, finding.action, finding.codes) == (Verdict.NO_DATA, Action.NONE, (Code.STALE,))


@pytest.mark.parametrize(("values", "code"), [((), Code.MISSING), ((0.1,), Code.TOO_FEW), ((0.1, 0.1), Code.TOO_FEW)])
def test_too_few_samples_are_no_data(values: tuple[float, ...], code: Code) -> None:
    finding = cpu(series(*values, every=20))
    assert (finding.verdict, finding.codes[-1], finding.sample, finding.needed) == (
        Verdict.NO_DATA, code, len(values), 3,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("every", "verdict"),
    [(18.9, Verdict.NO_DATA), (19.0, Verdict.PASS), (40.0, Verdict.PASS), (40.1, Verdict.NO_DATA)],
)
def test_samples_are_far_enough_apart_and_without_a_gap(every: float, verdict: Verdict) -> None:
    assert cpu(series(0.1, 0.1, 0.1, every=every)).verdict is verdict


def test_of_samples_that_are_taken_more_often_those_far_enough_apart_count() -> None:
    often = series(*[0.1] * 45, every=1)
    assert cpu(often).verdict is Verdict.PASS
    spoiled = [replace(each, value=0.95) if place in (6, 25, 44) else each for place, each in enumerate(often)]
    assert cpu(spoiled).verdict is Verdict.ACT
    assert cpu(series(*[0.95] * 45, every=1)).verdict is Verdict.ACT


def test_the_order_in_which_samples_come_does_not_matter() -> None:
    samples = series(0.95, 0.95, 0.95, 0.1, every=20)
    assert cpu(samples[::-1]) == cpu(samples)


def test_samples_from_before_the_epoch_was_confirmed_do_not_count() -> None:
    newer = {"began_at": NOW - 40, "confirmed_at": NOW - 30}
    judgement = judged(of_kind=newer, cpu=series(0.99, 0.99, 0.99, every=20))
    assert found(judgement, Metric.CPU).codes == (Code.TOO_FEW,)
    assert found(judged(of_kind=newer | {"confirmed_at": BEGAN}), Metric.CPU).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("ratio", "verdict", "action"),
    [
        (0.6999, Verdict.PASS, Action.NONE),
        (0.70, Verdict.HOLD, Action.NONE),
        (0.85, Verdict.HOLD, Action.NONE),
        (0.8501, Verdict.ACT, Action.PAUSE),
        (0.95, Verdict.ACT, Action.PAUSE),
        (0.9501, Verdict.ACT, Action.ROLL_BACK),
        (1.2, Verdict.ACT, Action.ROLL_BACK),
    ],
)
def test_the_memory_of_redis_around_its_thresholds(ratio: float, verdict: Verdict, action: Action) -> None:
    finding = found(judged(memory=series(ratio)), Metric.MEMORY)
    assert (finding.verdict, finding.action) == (verdict, action)


@pytest.mark.parametrize("samples", [series(0.96, age=900), series(0.96, None), series(0.5, 0.96, math.nan)])
def test_a_full_redis_that_answers_no_more_rolls_back_all_the_same(samples: tuple[Sample, ...]) -> None:
    finding = found(judged(memory=samples), Metric.MEMORY)
    assert (finding.verdict, finding.action, finding.value) == (Verdict.ACT, Action.ROLL_BACK, 0.96)


@pytest.mark.parametrize(
    "samples",
    [series(), series(None), series(math.nan), series(0.5, age=31), series(0.9, age=31), series(0.96, 0.5, age=31)],
)
def test_memory_that_is_not_known_now_is_no_data(samples: tuple[Sample, ...]) -> None:
    finding = found(judged(memory=samples), Metric.MEMORY)
    assert (finding.verdict, finding.action) == (Verdict.NO_DATA, Action.NONE)


def test_a_full_redis_of_an_earlier_epoch_is_past() -> None:
    samples = (Sample(BEGAN - 1, 0.99), *series(0.5))
    assert found(judged(memory=samples), Metric.MEMORY).verdict is Verdict.PASS
    assert found(judged(memory=samples[:1]), Metric.MEMORY).verdict is Verdict.NO_DATA
