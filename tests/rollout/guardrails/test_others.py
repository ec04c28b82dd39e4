"""Accept, lost entries and the heartbeat around every threshold."""

import math
from typing import Any

import pytest

from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.evidence import Sample
from rollout.guardrails.finding import Finding
from rollout.guardrails.metrics import LEGACY, STREAM, Metric
from rollout.guardrails.verdicts import Verdict
from tests.rollout.guardrails.healthy import NOW, accept, found, judged


def of_path(path: str, **spoiled: Any) -> Finding:
    other = LEGACY if path == STREAM else STREAM
    return found(judged(accept=(accept(path, **spoiled), accept(other))), Metric.ACCEPT, of=path)


@pytest.mark.parametrize("path", [STREAM, LEGACY])
@pytest.mark.parametrize(
    ("p99_s", "verdict"),
    [
        (2.999, Verdict.PASS),
        (3.0, Verdict.HOLD),
        (5.0, Verdict.HOLD),
        (5.001, Verdict.ACT),
        (None, Verdict.NO_DATA),
        (math.nan, Verdict.NO_DATA),
        (math.inf, Verdict.NO_DATA),
        (-1.0, Verdict.NO_DATA),
    ],
)
def test_accept_of_either_path_around_its_thresholds(path: str, p99_s: float | None, verdict: Verdict) -> None:
    finding = of_path(path, p99_s=p99_s)
    assert (finding.verdict, finding.action) == (verdict, Action.PAUSE if verdict is Verdict.ACT else Action.NONE)


@pytest.mark.parametrize(
    ("spoiled", "code"),
    [
        ({"requests": 199}, Code.TOO_FEW),
        ({"requests": 199, "p99_s": 9.0}, Code.TOO_FEW),
        ({"requests": 0}, Code.MISSING),
        ({"until": NOW - 121}, Code.STALE),
        ({"until": NOW + 6}, Code.STALE),
        ({"until": None}, Code.MISSING),
        ({"since": math.nan}, Code.MISSING),
    ],
)
def test_too_few_or_too_old_requests_are_no_data(spoiled: dict[str, Any], code: Code) -> None:
    finding = of_path(STREAM, **spoiled)
    assert (finding.verdict, finding.action, finding.codes[0]) == (Verdict.NO_DATA, Action.NONE, code)


@pytest.mark.parametrize("spoiled", [{"requests": 200}, {"until": NOW - 120}, {"until": NOW + 5}])
def test_just_enough_and_just_fresh_requests_pass(spoiled: dict[str, Any]) -> None:
    assert of_path(STREAM, **spoiled).verdict is Verdict.PASS


def test_requests_from_before_the_epoch_do_not_count() -> None:
    judgement = judged(of_kind={"began_at": NOW - 20, "confirmed_at": NOW - 10}, accept=(accept(until=NOW - 11),))
    assert found(judgement, Metric.ACCEPT, of=STREAM).codes == (Code.STALE,)


def test_a_path_that_nobody_measured_is_no_data() -> None:
    assert found(judged(accept=(accept(STREAM),)), Metric.ACCEPT, of=LEGACY).verdict is Verdict.NO_DATA


def paths(percentage: float | None, *measured: str) -> list[str | None]:
    judgement = judged(of_kind={"percentage": percentage}, accept=tuple(map(accept, measured)))
    return [each.path for each in judgement.findings if each.metric is Metric.ACCEPT]


def test_only_paths_that_devices_are_on_are_asked_for() -> None:
    assert paths(0.0) == [LEGACY]
    assert paths(0.0, STREAM) == [STREAM, LEGACY]
    assert paths(0.01) == paths(99.99) == paths(None) == [STREAM, LEGACY]
    assert paths(100.0) == paths(100.0, LEGACY) == [STREAM]


@pytest.mark.parametrize(
    ("lost", "evicts", "verdict", "codes"),
    [
        (Sample(NOW - 1, 0), False, Verdict.PASS, ()),
        (Sample(NOW - 30, 0), False, Verdict.PASS, ()),
        (Sample(NOW - 31, 0), False, Verdict.NO_DATA, (Code.STALE,)),
        (Sample(NOW + 6, 0), False, Verdict.NO_DATA, (Code.STALE,)),
        (Sample(NOW - 1, 1), False, Verdict.ACT, ()),
        (Sample(NOW - 9_000, 1), None, Verdict.ACT, ()),
        (Sample(None, 1), False, Verdict.ACT, ()),
        (Sample(NOW - 1, 0), True, Verdict.ACT, (Code.WRONG_POLICY,)),
        (None, True, Verdict.ACT, (Code.WRONG_POLICY,)),
        (Sample(NOW - 1, 0), None, Verdict.NO_DATA, (Code.MISSING,)),
        (None, False, Verdict.NO_DATA, (Code.MISSING,)),
        (Sample(NOW - 1, None), False, Verdict.NO_DATA, (Code.MISSING,)),
        (Sample(NOW - 1, math.nan), False, Verdict.NO_DATA, (Code.MISSING,)),
        (Sample(NOW - 1, -1), False, Verdict.NO_DATA, (Code.MISSING,)),
        (Sample(math.nan, 0), False, Verdict.NO_DATA, (Code.MISSING,)),
    ],
)
def test_any_entry_lost_rolls_back(
    lost: Sample | None, evicts: bool | None, verdict: Verdict, codes: tuple[Code, ...]
) -> None:
    finding = found(judged(of_kind={"lost": lost}, evicts=evicts), Metric.LOST)
    assert (finding.verdict, finding.codes) == (verdict, codes)
    assert (finding.action is Action.ROLL_BACK) == (verdict is Verdict.ACT)


@pytest.mark.parametrize(
    ("age_s", "verdict", "codes"),
    [
        (0.0, Verdict.PASS, ()),
        (3.0, Verdict.PASS, ()),
        (3.1, Verdict.HOLD, (Code.PAGE,)),
        (3_600.0, Verdict.HOLD, (Code.PAGE,)),
        (None, Verdict.NO_DATA, (Code.MISSING,)),
        (math.nan, Verdict.NO_DATA, (Code.MISSING,)),
        (-1.0, Verdict.NO_DATA, (Code.MISSING,)),
    ],
)
def test_missed_rounds_of_the_controller_page(age_s: float | None, verdict: Verdict, codes: tuple[Code, ...]) -> None:
    finding = found(judged(heartbeat_age_s=age_s), Metric.HEARTBEAT)
    assert (finding.verdict, finding.codes) == (verdict, codes)
