"""A metric that is sampled: several samples must agree before anything follows."""

from collections.abc import Sequence

from msgspec.structs import replace

from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.evidence import Sample
from rollout.guardrails.finding import Finding, level
from rollout.guardrails.limits import SeriesLimits
from rollout.guardrails.metrics import Metric
from rollout.guardrails.numbers import SKEW_S, finite, fresh, measured
from rollout.guardrails.verdicts import Verdict

TICK_S = 1.0


def series(
    samples: Sequence[Sample],
    *,
    metric: Metric,
    limits: SeriesLimits,
    now: float,
    since: float,
    kind: str | None = None,
) -> Finding:
    """The finding of a sampled metric; only samples taken `since` the epoch was confirmed are used, in any order.

    *no_data*: no sample, the newest too old, a look without answer or without a time among those that would decide, or
    fewer than needed without a gap. The action is the one of the limits.
    """
    timed = [(at, each) for each in samples if (at := finite(each.at)) is not None and at >= since]
    timed.sort(key=lambda pair: pair[0])
    answered = [at for at, each in timed if measured(each.value) is not None and at <= now + SKEW_S]
    picked = _picked(timed, limits)
    newest = measured(picked[0].value) if picked else None
    finding = Finding(
        metric=metric,
        verdict=Verdict.NO_DATA,
        value=newest,
        hold=limits.hold,
        act=limits.act,
        sample=len(picked),
        needed=limits.samples,
        window_s=limits.samples * limits.spacing_s,
        at=answered[-1] if answered else None,
        kind=kind,
    )
    if not picked or newest is None or any(finite(each.at) is None for each in samples):
        return replace(finding, codes=(Code.MISSING,))
    if not fresh(picked[0].at, now=now, limit_s=limits.fresh_s):
        return replace(finding, codes=(Code.STALE,))
    oldest = finite(picked[-1].at)
    if any(measured(each.value) is None for at, each in timed if oldest is None or at >= oldest):
        return replace(finding, codes=(Code.MISSING,))
    if len(picked) < limits.samples:
        return replace(finding, codes=(Code.TOO_FEW,))
    values = [value for each in picked if (value := measured(each.value)) is not None]
    verdicts = {level(value, hold=limits.hold, act=limits.act) for value in values}
    verdict = verdicts.pop() if len(verdicts) == 1 else Verdict.HOLD
    return replace(finding, verdict=verdict, action=limits.action if verdict is Verdict.ACT else Action.NONE)


def _picked(timed: Sequence[tuple[float, Sample]], limits: SeriesLimits) -> list[Sample]:
    # From the newest back, as far apart as the limits say, until there are enough or a gap is too long.
    picked: list[Sample] = []
    last = 0.0
    for at, sample in reversed(timed):
        if picked and last - at < limits.spacing_s - TICK_S:
            continue
        if len(picked) == limits.samples or (picked and last - at > 2 * limits.spacing_s):
            break
        picked.append(sample)
        last = at
    return picked
