"""The memory of Redis: two thresholds that act, of which the second does not wait for a fresh sample."""

from collections.abc import Sequence

from msgspec.structs import replace

from rollout.guardrails.actions import Action
from rollout.guardrails.evidence import Sample
from rollout.guardrails.finding import Finding
from rollout.guardrails.limits import SeriesLimits
from rollout.guardrails.metrics import Metric
from rollout.guardrails.numbers import finite, measured
from rollout.guardrails.series import series
from rollout.guardrails.verdicts import Verdict


def memory(
    samples: Sequence[Sample], *, limits: SeriesLimits, roll_back: float, now: float, since: float
) -> Finding:  # fmt: skip
    """As any series; above `roll_back` the last answer of the epoch rolls back however old it is: a Redis that is full
    is one that may not answer any more."""
    finding = series(samples, metric=Metric.MEMORY, limits=limits, now=now, since=since)
    answers = [
        (at, value)
        for each in samples
        if (at := finite(each.at)) is not None and at >= since and (value := measured(each.value)) is not None
    ]
    if answers and (last := max(answers))[1] > roll_back:
        return replace(finding, verdict=Verdict.ACT, action=Action.ROLL_BACK, value=last[1], at=last[0])
    return finding
