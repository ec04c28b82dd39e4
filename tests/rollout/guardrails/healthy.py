"""Evidence in which every metric passes, to be spoiled one thing at a time."""

from typing import Any

from msgspec.structs import replace

from rollout.guardrails.actions import Action
from rollout.guardrails.evidence import (
    Accept,
    AutomaticChange,
    Consistency,
    Consumers,
    Evidence,
    KindEvidence,
    Sample,
)
from rollout.guardrails.finding import Finding
from rollout.guardrails.judge import judge
from rollout.guardrails.judgement import Judgement
from rollout.guardrails.metrics import LEGACY, STREAM, Metric
from rollout.guardrails.policy import Policy
from rollout.guardrails.sequential import Tally
from tests.rollout.guardrails.detected import detector, devices

NOW = 1_800_000_000.0
BEGAN = NOW - 7_200
POLICY = Policy()


def tally(*, good: int, errors: int = 0, of: int = 0, age: int = 1) -> Tally:
    """What a detector says of one second `age` seconds ago; the errors are of `of` devices, of as many if 0."""
    if not of:
        return detector(good=good, failed=devices(errors), second=int(NOW) - age).tally
    state = detector(good=good, failed=devices(of), second=int(NOW) - age)
    return replace(state.tally, errors=errors)


def series(*values: float | None, every: float = 10.0, age: float = 1.0) -> tuple[Sample, ...]:
    """Samples `every` so many seconds, the last one `age` seconds ago."""
    return tuple(Sample(NOW - age - every * (len(values) - 1 - place), each) for place, each in enumerate(values))


def kind(**spoiled: Any) -> KindEvidence:
    """A kind at 10 % for two hours."""
    healthy = KindEvidence(
        kind="health",
        epoch=7,
        percentage=10.0,
        began_at=BEGAN,
        confirmed_at=BEGAN + 2,
        errors=tally(good=10_000, errors=20),
        errors_window=tally(good=500, errors=1),
        legacy_window=tally(good=5_000, errors=10),
        backlog=series(10, 0, 20),
        age=series(0.0, 0.1, 0.2),
        lost=Sample(NOW - 1, 0),
        consistency=Consistency(matched=2_000, mismatched=1, settled_through=NOW - 90),
    )
    return replace(healthy, **spoiled)


def evidence(*, of_kind: dict[str, Any] | None = None, **spoiled: Any) -> Evidence:
    """All that is needed, and well."""
    healthy = Evidence(
        now=NOW,
        collected_since=NOW - 60,
        kinds=(kind(**(of_kind or {})),),
        accept=(accept(STREAM), accept(LEGACY)),
        cpu=series(0.4, 0.5, 0.6, every=20),
        memory=series(0.3),
        evicts=False,
        consumers=Consumers(desired=2, alive=2, maximum=4),
        heartbeat_age_s=1.0,
    )
    return replace(healthy, **spoiled)


def accept(path: str = STREAM, **spoiled: Any) -> Accept:
    """A path whose answers are fast."""
    return replace(Accept(path=path, requests=1_000, p99_s=0.2, since=NOW - 60, until=NOW - 1), **spoiled)


def changed(metric: Metric, action: Action, *, ago: float, **more: Any) -> AutomaticChange:
    """An automatic change `ago` seconds before."""
    return AutomaticChange(metric=metric, action=action, at=NOW - ago, **more)


def judged(*, of_kind: dict[str, Any] | None = None, policy: Policy = POLICY, **spoiled: Any) -> Judgement:
    """The judgement of spoiled evidence."""
    return judge(policy, evidence(of_kind=of_kind, **spoiled))


def found(judgement: Judgement, metric: Metric, *, of: str | None = None) -> Finding:
    """The only finding of `metric` (of the path or kind `of`)."""
    (finding,) = [
        each for each in judgement.findings if each.metric is metric and (of is None or of in (each.kind, each.path))
    ]
    return finding
