"""p99 of accept, per path."""

from msgspec.structs import replace

from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.evidence import Accept
from rollout.guardrails.finding import Finding, level
from rollout.guardrails.limits import AcceptLimits
from rollout.guardrails.metrics import Metric
from rollout.guardrails.numbers import finite, fresh, measured
from rollout.guardrails.verdicts import Verdict


def accept(evidence: Accept | None, *, path: str, limits: AcceptLimits, now: float, since: float) -> Finding:
    """*no_data* without requests, with fewer than a p99 needs, or when the newest is too old or from before `since`."""
    begin, end = (finite(evidence.since), finite(evidence.until)) if evidence else (None, None)
    p99 = measured(evidence.p99_s) if evidence else None
    requests = max(0, evidence.requests) if evidence else 0
    finding = Finding(
        metric=Metric.ACCEPT,
        verdict=Verdict.NO_DATA,
        value=p99,
        hold=limits.hold,
        act=limits.act,
        sample=requests,
        needed=limits.requests_min,
        window_s=max(0.0, end - begin) if begin is not None and end is not None else None,
        at=end if requests else None,
        path=path,
    )
    if requests == 0 or p99 is None or begin is None or end is None:
        return replace(finding, codes=(Code.MISSING,))
    if end < since or not fresh(end, now=now, limit_s=limits.fresh_s):
        return replace(finding, codes=(Code.STALE,))
    if requests < limits.requests_min:
        return replace(finding, codes=(Code.TOO_FEW,))
    verdict = level(p99, hold=limits.hold, act=limits.act)
    return replace(finding, verdict=verdict, action=limits.action if verdict is Verdict.ACT else Action.NONE)
