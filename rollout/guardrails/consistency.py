"""Whether both paths agree: enough clean comparisons, and few enough others."""

import math

from msgspec.structs import replace

from rollout.guardrails.codes import Code
from rollout.guardrails.evidence import KindEvidence
from rollout.guardrails.finding import Finding
from rollout.guardrails.likelihood import log_mixture
from rollout.guardrails.limits import ConsistencyLimits
from rollout.guardrails.metrics import Metric
from rollout.guardrails.numbers import finite, fresh
from rollout.guardrails.verdicts import Verdict


def proven(*, matched: int, mismatched: int, limits: ConsistencyLimits) -> bool:
    """Whether the comparisons prove, E ≥ `proof`, that fewer than 1 − `hold` of all disagree."""
    log = log_mixture(events=mismatched, others=matched, null=limits.null, alternatives=limits.alternatives)
    return log >= math.log(limits.proof)


def needed(*, mismatched: int, limits: ConsistencyLimits) -> int:
    """The smallest number of settled comparisons that is a proof when `mismatched` of them disagree."""
    low, high = 0, 1
    while not proven(matched=high, mismatched=mismatched, limits=limits):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if proven(matched=middle, mismatched=mismatched, limits=limits):
            high = middle
        else:
            low = middle
    return high + mismatched


def consistency(evidence: KindEvidence, *, limits: ConsistencyLimits, now: float) -> Finding:
    """Acts below `act` from a few mismatches on, however old they are: damage does not heal when nobody looks.

    Else *no_data* when the newest settled time is too old, or fewer comparisons agreed than a pass without a single
    mismatch needs. Above `hold` without a proof holds, and says how many comparisons the proof needs; so does a stretch
    that nobody can verify, until it is acknowledged: what was lost there is in no comparison.
    """
    found = evidence.consistency
    matched, mismatched = (max(0, found.matched), max(0, found.mismatched)) if found else (0, 0)
    settled = matched + mismatched
    rate = matched / settled if settled else None
    finding = Finding(
        metric=Metric.CONSISTENCY,
        verdict=Verdict.NO_DATA,
        value=rate,
        hold=limits.hold,
        act=limits.act,
        sample=settled,
        needed=needed(mismatched=mismatched, limits=limits),
        at=finite(found.settled_through) if found else None,
        kind=evidence.kind,
    )
    if rate is not None and rate < limits.act and mismatched >= limits.mismatches_min:
        return replace(finding, verdict=Verdict.ACT, action=limits.action, codes=(Code.PROPOSE_REPAIR,))
    through = found.verified_through if found else None
    if found is None or rate is None or finding.at is None or (through is not None and finite(through) is None):
        return replace(finding, codes=(Code.MISSING,))
    if not fresh(finding.at, now=now, limit_s=limits.fresh_s):
        return replace(finding, codes=(Code.STALE,))
    if matched < needed(mismatched=0, limits=limits):
        return replace(finding, codes=(Code.TOO_FEW,))
    if found.holes > 0:
        return replace(finding, verdict=Verdict.HOLD, codes=(Code.UNVERIFIED,))
    if rate > limits.hold and proven(matched=matched, mismatched=mismatched, limits=limits):
        return replace(finding, verdict=Verdict.PASS)
    return replace(finding, verdict=Verdict.HOLD, codes=(Code.UNPROVEN,) if rate > limits.hold else ())
