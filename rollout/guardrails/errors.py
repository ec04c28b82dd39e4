"""The error rate of the stream path of one kind."""

import math

from msgspec.structs import replace

from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.evidence import KindEvidence
from rollout.guardrails.finding import Finding
from rollout.guardrails.likelihood import log_mixture
from rollout.guardrails.limits import ErrorLimits
from rollout.guardrails.metrics import Metric
from rollout.guardrails.numbers import finite, fresh
from rollout.guardrails.sequential import SequentialTest, Tally
from rollout.guardrails.verdicts import Verdict


def errors(evidence: KindEvidence, *, limits: ErrorLimits, now: float) -> Finding:
    """Acts when one of the two detectors has acted since the epoch began, however old its evidence is.

    Else *no_data* when the last record is too old or there were too few good ones, which no error can make up for.
    A rate above the null rate that is not proven holds, as does one that too few devices have made.
    """
    tally = evidence.errors
    rate = share(tally)
    finding = Finding(
        metric=Metric.ERRORS,
        verdict=Verdict.NO_DATA,
        value=rate,
        hold=limits.hold,
        act=limits.test.null,
        sample=max(0, tally.good + tally.errors),
        needed=limits.good_min,
        at=finite(tally.second),
        kind=evidence.kind,
    )
    if proofs := _proofs(tally, limits.test):
        if shared(evidence, limits=limits, now=now):
            return replace(finding, verdict=Verdict.ACT, action=Action.PAUSE, codes=(Code.SHARED_CAUSE, *proofs))
        return replace(finding, verdict=Verdict.ACT, action=limits.action, codes=proofs)
    numbers = (tally.cusum, tally.mixture_peak, tally.cusum_peak)
    if rate is None or any(finite(each) is None for each in numbers):
        return replace(finding, codes=(Code.MISSING,))
    if not fresh(tally.second, now=now, limit_s=limits.fresh_s):
        return replace(finding, codes=(Code.STALE,))
    if tally.good < limits.good_min:
        return replace(finding, codes=(Code.TOO_FEW,))
    if _reaches(_mixture(tally, limits.test), limits.test.mixture_act) or _reaches(tally.cusum, limits.test.cusum_act):
        return replace(finding, verdict=Verdict.HOLD, codes=(Code.FEW_DEVICES,))
    if rate > limits.test.null:
        return replace(finding, verdict=Verdict.HOLD, codes=(Code.UNPROVEN,))
    return replace(finding, verdict=Verdict.PASS if rate < limits.hold else Verdict.HOLD)


def shared(evidence: KindEvidence, *, limits: ErrorLimits, now: float) -> bool:
    """Whether the legacy path is as bad in the same window: the same test acts on it, and its share of errors is not
    far below the stream path's. A legacy path of which nothing is known, as at 100 %, is not the cause."""
    legacy, test = evidence.legacy_window, limits.test
    theirs = share(legacy)
    ours = share(evidence.errors_window)
    if ours is None:
        ours = share(evidence.errors)
    if theirs is None or ours is None or not fresh(legacy.second, now=now, limit_s=limits.shared_window_s):
        return False
    blamed = legacy.errors >= test.errors_min and legacy.devices >= test.devices_min
    proven = _reaches(_mixture(legacy, test), test.mixture_act) or _reaches(legacy.cusum_peak, test.cusum_act)
    return blamed and proven and theirs >= limits.shared_part * ours


def share(tally: Tally) -> float | None:
    """Errors of the records that count; None when there are none."""
    if tally.good < 0 or tally.errors < 0 or tally.good + tally.errors == 0:
        return None
    return tally.errors / (tally.good + tally.errors)


def _proofs(tally: Tally, test: SequentialTest) -> tuple[Code, ...]:
    mixture = (Code.MIXTURE,) if _reaches(tally.mixture_peak, test.mixture_act) else ()
    restarting = (Code.RESTARTING,) if _reaches(tally.cusum_peak, test.cusum_act) else ()
    return (*mixture, *restarting)


def _mixture(tally: Tally, test: SequentialTest) -> float:
    return log_mixture(events=tally.errors, others=tally.good, null=test.null, alternatives=test.alternatives)


def _reaches(log: float | None, act: float) -> bool:
    found = finite(log)
    return found is not None and found >= math.log(act)
