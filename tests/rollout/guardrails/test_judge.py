"""The judgement as a whole: what is judged, what wins, what blocks in which order, and how long silence is borne."""

from typing import Any

import pytest
from msgspec.structs import replace

from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.evidence import Consumers, Evidence, Sample
from rollout.guardrails.judge import judge
from rollout.guardrails.judgement import Stage
from rollout.guardrails.metrics import Metric
from rollout.guardrails.sequential import Tally
from rollout.guardrails.verdicts import Verdict
from tests.rollout.guardrails.healthy import BEGAN, NOW, POLICY, changed, evidence, found, judged, kind, series, tally


def test_a_healthy_migration_may_advance() -> None:
    judgement = judged()
    assert (judgement.verdict, judgement.action, judgement.blocks, judgement.spent) == (
        Verdict.PASS, Action.NONE, (), (),
    )  # fmt: skip
    assert judgement.may_advance
    assert {finding.verdict for finding in judgement.findings} == {Verdict.PASS}


def test_every_metric_is_judged_in_the_order_of_the_table() -> None:
    judgement = judged(kinds=(kind(), kind(kind="event")))
    metrics = [finding.metric for finding in judgement.findings]
    assert set(metrics) == set(Metric)
    assert metrics == sorted(metrics, key=list(Metric).index)
    assert [each.kind for each in judgement.findings if each.metric is Metric.ERRORS] == ["health", "event"]


def test_the_bad_kind_of_two_is_named() -> None:
    judgement = judged(kinds=(kind(), kind(kind="event", errors=tally(good=0, errors=50))))
    assert (judgement.verdict, judgement.action) == (Verdict.ACT, Action.ROLL_BACK)
    assert [(block.stage, block.metric, block.kind) for block in judgement.blocks] == [
        (Stage.ACT, Metric.ERRORS, "event")
    ]


def test_evidence_of_nothing_is_no_data() -> None:
    judgement = judge(POLICY, Evidence(now=NOW))
    assert (judgement.verdict, judgement.action) == (Verdict.NO_DATA, Action.NONE)
    assert found(judgement, Metric.ERRORS).codes == (Code.MISSING,)


def test_evidence_without_a_kind_has_not_measured_the_stream_path() -> None:
    judgement = judged(kinds=())
    assert [block.metric for block in judgement.blocks] == [Metric.ERRORS]
    assert not judgement.may_advance


ACTS: list[tuple[Metric, dict[str, Any], Action]] = [
    (Metric.ERRORS, {"of_kind": {"errors": tally(good=0, errors=50)}}, Action.ROLL_BACK),
    (Metric.CPU, {"cpu": series(0.95, 0.95, 0.95, every=20)}, Action.PAUSE),
    (Metric.AGE, {"of_kind": {"age": series(130, 140, 150)}}, Action.PAUSE),
    (Metric.BACKLOG, {"of_kind": {"backlog": series(6_000, 6_000, 6_000)}}, Action.ADD_CONSUMERS),
    (Metric.MEMORY, {"memory": series(0.9)}, Action.PAUSE),
    (Metric.LOST, {"evicts": True}, Action.ROLL_BACK),
]


@pytest.mark.parametrize(("metric", "spoiled", "action"), ACTS)
def test_one_metric_that_acts_is_enough(metric: Metric, spoiled: dict[str, Any], action: Action) -> None:
    judgement = judged(**spoiled)
    assert (judgement.verdict, judgement.action) == (Verdict.ACT, action)
    assert [(block.stage, block.metric) for block in judgement.blocks] == [(Stage.ACT, metric)]


def test_the_strongest_action_of_several_is_taken() -> None:
    backlog = {"backlog": series(6_000, 6_000, 6_000)}
    hot = series(0.95, 0.95, 0.95, every=20)
    assert judged(of_kind=backlog, cpu=hot).action is Action.PAUSE
    assert judged(of_kind=backlog, cpu=hot, evicts=True).action is Action.ROLL_BACK


def test_reasons_come_in_the_order_of_evaluation() -> None:
    judgement = judged(
        of_kind={
            "confirmed_at": None,
            "errors": tally(good=100),
            "age": series(60, 60, 60),
            "lost": None,
            "backlog": series(9_000, 9_000, 9_000),
        },
        changes=(changed(Metric.CPU, Action.PAUSE, ago=900), changed(Metric.LOST, Action.ROLL_BACK, ago=900)),
    )
    assert [block.stage for block in judgement.blocks] == [
        Stage.PERSON, Stage.EPOCH, Stage.FRESH, Stage.ACT, Stage.INTERVAL, Stage.SAMPLES, Stage.HOLD,
    ]  # fmt: skip


def test_an_epoch_that_is_not_confirmed_blocks_and_still_rolls_back() -> None:
    judgement = judged(of_kind={"confirmed_at": None})
    assert (judgement.verdict, judgement.may_advance) == (Verdict.PASS, False)
    bad = judged(of_kind={"confirmed_at": None, "errors": tally(good=0, errors=50)})
    assert bad.action is Action.ROLL_BACK


def metrics(**of_kind: Any) -> set[Metric]:
    return {finding.metric for finding in judged(of_kind=of_kind).findings}


def test_a_kind_at_zero_percent_has_no_errors_to_measure() -> None:
    nothing = {"percentage": 0.0, "errors": Tally(), "consistency": None}
    assert set(Metric) - metrics(**nothing) == {Metric.ERRORS, Metric.CONSISTENCY}
    assert judged(of_kind=nothing).may_advance
    assert metrics(percentage=0.0) == set(Metric)
    assert metrics(**nothing | {"percentage": None}) == metrics(**nothing | {"percentage": 0.01}) == set(Metric)


SILENT: list[tuple[Metric, dict[str, Any]]] = [
    (Metric.ERRORS, {"of_kind": {"errors": tally(good=10_000, age=600)}}),
    (Metric.ERRORS, {"of_kind": {"errors": Tally()}}),
    (Metric.CONSISTENCY, {"of_kind": {"consistency": None}}),
    (Metric.BACKLOG, {"of_kind": {"backlog": series(0, 0, 0, age=600)}}),
    (Metric.AGE, {"of_kind": {"age": ()}}),
    (Metric.LOST, {"of_kind": {"lost": Sample(NOW - 600, 0)}}),
    (Metric.CPU, {"cpu": ()}),
    (Metric.MEMORY, {"memory": series(0.5, None, age=595)}),
    (Metric.HEARTBEAT, {"heartbeat_age_s": None}),
]


@pytest.mark.parametrize(("metric", "spoiled"), SILENT)
def test_ten_minutes_without_data_pause(metric: Metric, spoiled: dict[str, Any]) -> None:
    judgement = judged(collected_since=BEGAN, **spoiled)
    finding = found(judgement, metric)
    assert (finding.verdict, finding.action) == (Verdict.NO_DATA, Action.PAUSE)
    assert finding.codes[-1] is Code.QUIET
    assert (judgement.verdict, judgement.action) == (Verdict.NO_DATA, Action.PAUSE)


@pytest.mark.parametrize(("age", "action"), [(599, Action.NONE), (600, Action.PAUSE)])
def test_silence_is_borne_for_ten_minutes(age: int, action: Action) -> None:
    for of_kind in ({"errors": tally(good=1_000, age=age)}, {"backlog": series(0, age=age)}):
        assert judged(collected_since=BEGAN, of_kind=of_kind).action is action


@pytest.mark.parametrize(("ago", "action"), [(599, Action.NONE), (600, Action.PAUSE), (None, Action.PAUSE)])
def test_silence_begins_with_the_epoch_or_with_whoever_collects(ago: float | None, action: Action) -> None:
    at = None if ago is None else NOW - ago
    assert judged(of_kind={"errors": Tally(), "began_at": at}, collected_since=BEGAN).action is action
    assert judged(of_kind={"errors": Tally()}, collected_since=at).action is action


def test_silence_at_zero_percent_pauses_nothing() -> None:
    at_zero = {"percentage": 0.0, "age": (), "errors": Tally()}
    judgement = judged(collected_since=BEGAN, cpu=(), of_kind=at_zero)
    assert (judgement.verdict, judgement.action) == (Verdict.NO_DATA, Action.NONE)


def test_too_few_samples_are_data_and_pause_nothing() -> None:
    small = {"errors": tally(good=299), "backlog": series(1, 1)}
    judgement = judged(collected_since=BEGAN, of_kind=small)
    assert (judgement.verdict, judgement.action) == (Verdict.NO_DATA, Action.NONE)
    assert [block.stage for block in judgement.blocks] == [Stage.SAMPLES, Stage.SAMPLES]


def test_silence_pauses_once_in_five_minutes() -> None:
    paused = changed(Metric.CPU, Action.PAUSE, ago=60)
    assert judged(collected_since=BEGAN, cpu=(), changes=(paused,)).action is Action.NONE


def test_the_policy_is_what_decides() -> None:
    strict = replace(POLICY, cpu=replace(POLICY.cpu, hold=0.1, act=0.2))
    assert judged(policy=strict).action is Action.PAUSE
    lenient = replace(POLICY, quiet_s=10_000)
    assert judged(policy=lenient, collected_since=BEGAN, cpu=()).action is Action.NONE


@pytest.mark.parametrize("now", [float("nan"), float("inf")])
def test_evidence_of_no_time_is_refused(now: float) -> None:
    with pytest.raises(ValueError, match="now is a time"):
        evidence(now=now)


def test_consumers_that_nobody_knows_of_are_no_reason_to_hold() -> None:
    assert judged(consumers=Consumers()).may_advance
