"""The controller's own sign of life."""

from rollout.guardrails.codes import Code
from rollout.guardrails.finding import Finding
from rollout.guardrails.limits import HeartbeatLimits
from rollout.guardrails.metrics import Metric
from rollout.guardrails.numbers import Number, measured
from rollout.guardrails.verdicts import Verdict


def heartbeat(age_s: Number, *, limits: HeartbeatLimits, now: float) -> Finding:
    """Holds and pages when more time than the missed rounds has gone by: what happened meanwhile nobody judged."""
    age = measured(age_s)
    most = limits.round_s * limits.missed
    verdict, codes = (Verdict.PASS, ()) if age is not None and age <= most else (Verdict.HOLD, (Code.PAGE,))
    if age is None:
        verdict, codes = Verdict.NO_DATA, (Code.MISSING,)
    return Finding(
        metric=Metric.HEARTBEAT,
        verdict=verdict,
        value=age,
        hold=most,
        sample=0 if age is None else 1,
        needed=1,
        at=None if age is None else now - age,
        codes=codes,
    )
