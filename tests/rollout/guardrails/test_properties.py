"""What holds for all evidence: no exception, no pass from what is no number, the same when it comes from JSON."""

import math
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rollout.guardrails import evidence as evidences
from rollout.guardrails import judgement as judgements
from rollout.guardrails import policy as policies
from rollout.guardrails.actions import Action
from rollout.guardrails.evidence import (
    Accept,
    AutomaticChange,
    Consistency,
    Consumers,
    Evidence,
    KindEvidence,
    Sample,
    Streak,
)
from rollout.guardrails.judge import judge
from rollout.guardrails.metrics import LEGACY, STREAM, Metric
from rollout.guardrails.recovery import streaks
from rollout.guardrails.sequential import Detector, Tally
from rollout.guardrails.verdicts import Verdict
from tests.rollout.guardrails.detected import TEST, add, devices
from tests.rollout.guardrails.healthy import NOW, POLICY, evidence, kind

derandomized = settings(deadline=None, database=None, derandomize=True, max_examples=150)

counts = st.integers(0, 400) | st.integers(0, 2**53)
times = st.one_of(st.none(), st.floats(), st.floats(-700, 10).map(lambda age: NOW + age))
values = st.one_of(st.none(), st.floats(), st.floats(0, 1), st.floats(0, 10_000))
samples = st.lists(st.builds(Sample, at=times, value=values), max_size=5).map(tuple)
tallies = st.builds(
    Tally,
    good=counts,
    errors=counts,
    repeats=counts,
    devices=st.integers(0, 3),
    second=st.none() | st.integers(int(NOW) - 700, int(NOW) + 10) | st.integers(),
    cusum=values,
    mixture_peak=values,
    cusum_peak=values,
)
kinds = st.builds(
    KindEvidence,
    kind=st.sampled_from(["health", "device", "event"]),
    epoch=st.integers(0, 9),
    percentage=st.one_of(st.none(), st.floats(), st.sampled_from([0.0, 10.0, 100.0])),
    began_at=times,
    confirmed_at=times,
    errors=tallies,
    errors_window=tallies,
    legacy_window=tallies,
    backlog=samples,
    age=samples,
    lost=st.none() | st.builds(Sample, at=times, value=values),
    consistency=st.none()
    | st.builds(Consistency, matched=counts, mismatched=counts, settled_through=times),
)  # fmt: skip
metrics, names = st.sampled_from(Metric), st.none() | st.sampled_from(["health", "event"])
at = st.floats(-700, 10).map(lambda age: NOW + age)
everything = st.builds(
    Evidence,
    now=st.just(NOW) | st.floats(allow_nan=False, allow_infinity=False),
    collected_since=times,
    kinds=st.lists(kinds, max_size=3).map(tuple),
    accept=st.lists(
        st.builds(
            Accept, path=st.sampled_from([STREAM, LEGACY]), requests=counts, p99_s=values, since=times, until=times
        ),
        max_size=2,
    ).map(tuple),
    cpu=samples,
    memory=samples,
    evicts=st.none() | st.booleans(),
    consumers=st.builds(
        Consumers,
        desired=st.none() | st.integers(0, 9),
        alive=st.none() | st.integers(0, 9),
        maximum=st.none() | st.integers(0, 9),
        raised_at=times,
    ),
    heartbeat_age_s=values,
    changes=st.lists(
        st.builds(AutomaticChange, metric=metrics, action=st.sampled_from(Action), at=at, value=values, kind=names),
        max_size=4,
    ).map(tuple),
    streaks=st.lists(
        st.builds(Streak, metric=metrics, clean=st.integers(0, 6), at=at, kind=names), max_size=3
    ).map(tuple),
)  # fmt: skip


@given(everything)
@derandomized
def test_any_evidence_is_judged_and_judged_the_same_when_it_comes_back_from_json(found: Evidence) -> None:
    judgement = judge(POLICY, found)
    text = evidences.encode(found)
    again = evidences.decode(text)
    assert evidences.encode(again) == text
    assert judge(policies.decode(policies.encode(POLICY)), again) == judgement
    assert judgements.decode(judgements.encode(judgement)) == judgement
    following = streaks(limits=POLICY.flapping, evidence=found, judgement=judgement)
    assert msgspec.json.decode(msgspec.json.encode(following), type=tuple[Streak, ...]) == following


@given(everything)
@derandomized
def test_a_judgement_agrees_with_its_findings(found: Evidence) -> None:
    judgement = judge(POLICY, found)
    assert judgement.verdict is max(finding.verdict for finding in judgement.findings)
    assert judgement.action is max(finding.action for finding in judgement.findings)
    assert judgement.may_advance == (not judgement.blocks)
    assert [block.stage for block in judgement.blocks] == sorted(block.stage for block in judgement.blocks)
    for finding in judgement.findings:
        assert finding.action is Action.NONE or finding.verdict in (Verdict.ACT, Verdict.NO_DATA)
        assert finding.codes or finding.verdict is not Verdict.NO_DATA
        assert all(each is None or math.isfinite(each) for each in (finding.value, finding.at, finding.window_s))


def numbers(value: Any, *path: Any) -> list[tuple[Any, ...]]:
    """Where the measured numbers of evidence are: floats, and whole numbers in their place."""
    if isinstance(value, tuple):
        return [found for place, each in enumerate(value) for found in numbers(each, *path, place)]
    if isinstance(value, msgspec.Struct):
        return [
            found
            for each in msgspec.structs.fields(value)
            if each.name != "now"
            for found in (
                [(*path, each.name)]
                if each.type == float | None
                else numbers(getattr(value, each.name), *path, each.name)
            )
        ]
    return []


def put(value: Any, path: tuple[Any, ...], number: float) -> Any:
    """A copy of `value` with `number` at `path`."""
    if not path:
        return number
    step, *rest = path
    if isinstance(value, tuple):
        return (*value[:step], put(value[step], tuple(rest), number), *value[step + 1 :])
    return replace(value, **{step: put(getattr(value, step), tuple(rest), number)})


# What says no more than when somebody began, which shares there are, or belongs to the comparison of a shared cause.
HELPS = {"collected_since", "percentage", "began_at", "confirmed_at", "raised_at", "errors_window", "legacy_window"}
TOLD = {"p50_s"}  # not judged
PLACES = [path for path in numbers(evidence()) if not (HELPS | TOLD) & set(path)]
OF = {"errors": Metric.ERRORS, "heartbeat_age_s": Metric.HEARTBEAT} | {each.value: each for each in Metric}


def metric_of(path: tuple[Any, ...]) -> Metric:
    (metric,) = {OF[step] for step in path if step in OF}
    return metric


def test_the_numbers_of_every_metric_are_spoiled_below() -> None:
    assert {metric_of(path) for path in PLACES} == set(Metric)
    assert len(PLACES) > 30


@given(st.sampled_from(PLACES), st.sampled_from([math.nan, math.inf, -math.inf]))
@settings(deadline=None, database=None, derandomize=True, max_examples=300)
def test_what_is_no_number_never_passes(path: tuple[Any, ...], number: float) -> None:
    judgement = judge(POLICY, put(evidence(), path, number))
    spoiled = [finding.verdict for finding in judgement.findings if finding.metric is metric_of(path)]
    assert Verdict.NO_DATA in spoiled
    assert not judgement.may_advance


@given(everything, st.sampled_from(sorted(HELPS - {"errors_window", "legacy_window"})))
@derandomized
def test_nothing_advances_on_a_time_or_a_share_that_is_no_number(found: Evidence, name: str) -> None:
    if name in ("collected_since",):
        spoiled = replace(found, collected_since=math.nan)
    elif name == "raised_at":
        spoiled = replace(found, consumers=replace(found.consumers, raised_at=math.nan))
    else:
        spoiled = replace(found, kinds=tuple(replace(each, **{name: math.nan}) for each in found.kinds))
    assert not judge(POLICY, spoiled).may_advance or judge(POLICY, found).may_advance


rows = st.lists(
    st.tuples(st.integers(0, 400), st.lists(st.sampled_from(devices(6)), max_size=5)), min_size=1, max_size=60
)


@given(rows, rows, st.integers(0, 59), st.booleans())
@settings(deadline=None, database=None, derandomize=True, max_examples=300)
def test_an_error_more_never_makes_the_verdict_better(
    stream: list[tuple[int, list[str]]], legacy: list[tuple[int, list[str]]], place: int, shared: bool
) -> None:
    place = min(place, len(stream) - 1)
    worse = [(good, [*failed, "another"] if at == place else failed) for at, (good, failed) in enumerate(stream)]
    of_legacy = fed(legacy) if shared else Tally()
    before, after = (
        judge(
            POLICY,
            evidence(kinds=(kind(errors=fed(each), errors_window=fed(each), legacy_window=of_legacy),)),
        )
        for each in (stream, worse)
    )
    assert after.verdict >= before.verdict
    assert after.action >= before.action


def fed(rows: list[tuple[int, list[str]]]) -> Tally:
    state = Detector(test=TEST)
    for at, (good, failed) in enumerate(rows):
        state = add(state, second=int(NOW) - len(rows) + at, good=good, failed=failed)
    return state.tally
