"""Consistency: enough clean comparisons for a pass, and damage that stands."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.consistency import needed, proven
from rollout.guardrails.evidence import Consistency
from rollout.guardrails.metrics import Metric
from rollout.guardrails.verdicts import Verdict
from tests.rollout.guardrails.healthy import NOW, POLICY, found, judged

LIMITS = POLICY.consistency
GOLDEN = {0: 348, 1: 640, 2: 875, 3: 1_077, 5: 1_429, 10: 2_219}


@pytest.mark.parametrize(("mismatched", "settled"), GOLDEN.items())
def test_comparisons_needed_for_a_pass(mismatched: int, settled: int) -> None:
    assert needed(mismatched=mismatched, limits=LIMITS) == settled
    assert proven(matched=settled - mismatched, mismatched=mismatched, limits=LIMITS)
    assert not proven(matched=settled - mismatched - 1, mismatched=mismatched, limits=LIMITS)


def checked(matched: int, mismatched: int, *, age: float = 90.0) -> dict[str, Consistency]:
    return {"consistency": Consistency(matched=matched, mismatched=mismatched, settled_through=NOW - age)}


@pytest.mark.parametrize(
    ("matched", "mismatched", "verdict", "codes"),
    [
        (347, 0, Verdict.NO_DATA, (Code.TOO_FEW,)),
        (348, 0, Verdict.PASS, ()),
        (638, 1, Verdict.HOLD, (Code.UNPROVEN,)),
        (639, 1, Verdict.PASS, ()),
        (348, 1, Verdict.HOLD, (Code.UNPROVEN,)),
        (2_208, 10, Verdict.HOLD, (Code.UNPROVEN,)),
        (2_209, 10, Verdict.PASS, ()),
        (9_900, 100, Verdict.HOLD, ()),
        (9_901, 99, Verdict.HOLD, (Code.UNPROVEN,)),
        (9_500, 500, Verdict.HOLD, ()),
        (9_501, 499, Verdict.HOLD, ()),
        (9_499, 501, Verdict.ACT, (Code.PROPOSE_REPAIR,)),
        (0, 0, Verdict.NO_DATA, (Code.MISSING,)),
        (0, 2, Verdict.NO_DATA, (Code.TOO_FEW,)),
        (0, 3, Verdict.ACT, (Code.PROPOSE_REPAIR,)),
        (57, 3, Verdict.NO_DATA, (Code.TOO_FEW,)),
        (56, 3, Verdict.ACT, (Code.PROPOSE_REPAIR,)),
    ],
)
def test_around_each_threshold(matched: int, mismatched: int, verdict: Verdict, codes: tuple[Code, ...]) -> None:
    finding = found(judged(of_kind=checked(matched, mismatched)), Metric.CONSISTENCY)
    assert (finding.verdict, finding.codes) == (verdict, codes)
    assert finding.action is (Action.PAUSE if verdict is Verdict.ACT else Action.NONE)
    assert finding.sample == matched + mismatched


def test_a_stretch_that_nobody_can_verify_holds_whatever_was_compared_and_never_hides_damage() -> None:
    holed = {"consistency": replace(checked(10_000, 0)["consistency"], holes=1, verified_through=NOW - 500)}
    finding = found(judged(of_kind=holed), Metric.CONSISTENCY)
    assert (finding.verdict, finding.codes) == (Verdict.HOLD, (Code.UNVERIFIED,))
    bad = {"consistency": replace(checked(0, 3)["consistency"], holes=1)}
    assert found(judged(of_kind=bad), Metric.CONSISTENCY).verdict is Verdict.ACT


def test_a_finding_says_how_many_comparisons_it_needs() -> None:
    finding = found(judged(of_kind=checked(212, 0)), Metric.CONSISTENCY)
    assert (finding.sample, finding.needed) == (212, 348)


@pytest.mark.parametrize(
    ("age", "verdict"),
    [(299.0, Verdict.PASS), (300.0, Verdict.PASS), (301.0, Verdict.NO_DATA), (-6.0, Verdict.NO_DATA)],
)
def test_a_check_that_is_too_old_is_no_data(age: float, verdict: Verdict) -> None:
    assert found(judged(of_kind=checked(2_000, 0, age=age)), Metric.CONSISTENCY).verdict is verdict


def test_damage_stands_however_old_the_check_is() -> None:
    finding = found(judged(of_kind=checked(900, 100, age=10_000)), Metric.CONSISTENCY)
    assert (finding.verdict, finding.action) == (Verdict.ACT, Action.PAUSE)


@pytest.mark.parametrize("settled_through", [None, float("nan"), float("inf")])
def test_a_check_without_a_time_is_no_data(settled_through: float | None) -> None:
    spoiled = {"consistency": replace(checked(2_000, 0)["consistency"], settled_through=settled_through)}
    assert found(judged(of_kind=spoiled), Metric.CONSISTENCY).codes == (Code.MISSING,)


def test_no_check_at_all_is_no_data() -> None:
    assert found(judged(of_kind={"consistency": None}), Metric.CONSISTENCY).codes == (Code.MISSING,)


@given(st.integers(0, 5_000), st.integers(0, 300))
@settings(deadline=None, database=None, derandomize=True)
def test_a_mismatch_more_never_makes_the_verdict_better(matched: int, mismatched: int) -> None:
    before, after = (
        found(judged(of_kind=checked(matched, number)), Metric.CONSISTENCY).verdict
        for number in (mismatched, mismatched + 1)
    )
    assert after >= before
