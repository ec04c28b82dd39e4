"""The error rate: proven, unproven, by one device, of a shared cause, and too little of it."""

import math
from typing import Any

import pytest
from msgspec.structs import replace

from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.metrics import Metric
from rollout.guardrails.sequential import Detector, SequentialTest, Tally
from rollout.guardrails.verdicts import Verdict
from tests.rollout.guardrails.detected import TEST, add, devices
from tests.rollout.guardrails.healthy import NOW, POLICY, found, judged, tally


def of(errors: Tally, **more: Any) -> Any:
    return found(judged(of_kind={"errors": errors, **more}), Metric.ERRORS)


@pytest.mark.parametrize(
    ("good", "errors", "verdict"),
    [
        (10_000, 0, Verdict.PASS),
        (9_901, 99, Verdict.PASS),
        (9_900, 100, Verdict.HOLD),
        (9_500, 500, Verdict.HOLD),
        (9_490, 510, Verdict.HOLD),
        (1_865, 134, Verdict.HOLD),
        (1_865, 135, Verdict.ACT),
        (9_000, 1_000, Verdict.ACT),
        (300, 0, Verdict.PASS),
        (300, 3, Verdict.PASS),
        (300, 4, Verdict.HOLD),
        (299, 0, Verdict.NO_DATA),
        (12, 4, Verdict.NO_DATA),
        (6, 4, Verdict.ACT),
        (0, 3, Verdict.ACT),
        (0, 2, Verdict.NO_DATA),
        (0, 0, Verdict.NO_DATA),
    ],
)
def test_around_each_threshold(good: int, errors: int, verdict: Verdict) -> None:
    finding = of(tally(good=good, errors=errors))
    assert finding.verdict is verdict
    assert finding.action is (Action.ROLL_BACK if verdict is Verdict.ACT else Action.NONE)


def test_too_few_good_records_are_no_pass() -> None:
    finding = of(tally(good=299))
    assert (finding.codes, finding.sample, finding.needed) == ((Code.TOO_FEW,), 299, 300)


def test_a_rate_above_the_threshold_that_may_be_chance_holds() -> None:
    assert of(tally(good=1_865, errors=134)).codes == (Code.UNPROVEN,)


def test_the_errors_of_two_devices_hold_but_never_roll_back() -> None:
    state = add(Detector(test=TEST), second=int(NOW) - 2_000, good=300, failed=())
    for burst in range(1, 200):
        state = add(state, second=int(NOW) - 2_000 + 10 * burst, good=0, failed=["a", "b"])
    finding = of(state.tally)
    assert (finding.verdict, finding.action, finding.codes) == (Verdict.HOLD, Action.NONE, (Code.FEW_DEVICES,))


def test_each_detector_acts_by_itself_and_is_named() -> None:
    proven = tally(good=6, errors=4)
    assert of(proven).codes == (Code.MIXTURE,)
    assert of(replace(proven, mixture_peak=0.0, cusum_peak=math.log(1_000))).codes == (Code.RESTARTING,)
    assert of(replace(proven, cusum_peak=math.log(1_000))).codes == (Code.MIXTURE, Code.RESTARTING)


@pytest.mark.parametrize(
    ("name", "limit"), [("mixture_peak", math.log(20)), ("cusum_peak", math.log(1_000))]
)  # fmt: skip
def test_detectors_act_at_their_limit_and_not_below(name: str, limit: float) -> None:
    clean = tally(good=10_000)
    assert of(replace(clean, **{name: limit})).verdict is Verdict.ACT
    assert of(replace(clean, **{name: math.nextafter(limit, 0)})).verdict is Verdict.PASS


def test_a_limit_of_the_policy_counts_at_once() -> None:
    strict = replace(POLICY, errors=replace(POLICY.errors, test=SequentialTest(mixture_act=1e6)))
    proven = tally(good=5_990, errors=375)
    assert found(judged(of_kind={"errors": proven}), Metric.ERRORS).verdict is Verdict.ACT
    assert found(judged(of_kind={"errors": proven}, policy=strict), Metric.ERRORS).verdict is Verdict.HOLD


@pytest.mark.parametrize(("age", "verdict"), [(120, Verdict.PASS), (121, Verdict.NO_DATA), (-6, Verdict.NO_DATA)])
def test_a_path_without_a_record_for_two_minutes_is_no_data(age: int, verdict: Verdict) -> None:
    assert of(tally(good=10_000, age=age)).verdict is verdict


def test_proven_errors_need_no_fresh_evidence() -> None:
    assert of(tally(good=0, errors=100, age=5_000)).action is Action.ROLL_BACK


@pytest.mark.parametrize("name", ["cusum", "mixture_peak", "cusum_peak"])
@pytest.mark.parametrize("number", [None, math.nan, math.inf, -math.inf])
def test_a_detector_without_a_number_is_no_data(name: str, number: float | None) -> None:
    finding = of(replace(tally(good=10_000), **{name: number}))
    assert (finding.verdict, finding.codes) == (Verdict.NO_DATA, (Code.MISSING,))


BAD = tally(good=100, errors=100)


@pytest.mark.parametrize(
    ("legacy", "action"),
    [
        (tally(good=1_000, errors=1_000), Action.PAUSE),
        (tally(good=1_500, errors=500), Action.PAUSE),
        (tally(good=1_501, errors=499), Action.ROLL_BACK),
        (tally(good=1_900, errors=100), Action.ROLL_BACK),
        (tally(good=5_000, errors=10), Action.ROLL_BACK),
        (tally(good=0, errors=3), Action.PAUSE),
        (tally(good=0, errors=2), Action.ROLL_BACK),
        (tally(good=0, errors=100, of=2), Action.ROLL_BACK),
        (tally(good=0, errors=100, of=3), Action.PAUSE),
        (tally(good=0, errors=100, age=300), Action.PAUSE),
        (tally(good=0, errors=100, age=301), Action.ROLL_BACK),
        (Tally(), Action.ROLL_BACK),
    ],
)
def test_a_legacy_path_that_is_as_bad_pauses_instead(legacy: Tally, action: Action) -> None:
    finding = of(BAD, errors_window=BAD, legacy_window=legacy)
    assert (finding.verdict, finding.action) == (Verdict.ACT, action)
    assert (finding.codes[0] is Code.SHARED_CAUSE) == (action is Action.PAUSE)


def test_without_a_window_of_the_stream_its_epoch_is_compared() -> None:
    as_bad, better = tally(good=1_000, errors=500), tally(good=1_000, errors=100)
    assert of(BAD, errors_window=Tally(), legacy_window=as_bad).action is Action.PAUSE
    assert of(BAD, errors_window=Tally(), legacy_window=better).action is Action.ROLL_BACK


def test_a_slightly_bad_legacy_path_is_the_cause_of_slight_errors_alone() -> None:
    legacy = tally(good=9_000, errors=1_000)
    slight = tally(good=8_500, errors=1_500)
    assert of(slight, errors_window=slight, legacy_window=legacy).action is Action.PAUSE
    assert of(BAD, errors_window=BAD, legacy_window=legacy).action is Action.ROLL_BACK


def test_a_shared_cause_says_whose_detectors_begin_anew() -> None:
    shared = judged(of_kind={"errors": BAD, "errors_window": BAD, "legacy_window": BAD})
    assert shared.spent == ("health",)
    assert judged(of_kind={"errors": BAD, "errors_window": BAD}).spent == ()


def test_only_distinct_devices_prove_anything() -> None:
    state = add(Detector(test=TEST), second=int(NOW) - 1, good=0, failed=[*devices(2), "device-0"])
    assert of(state.tally).verdict is Verdict.NO_DATA
