"""Entries that Redis has lost, or may lose: the one metric without anything between pass and act."""

from msgspec.structs import replace

from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.evidence import Sample
from rollout.guardrails.finding import Finding
from rollout.guardrails.metrics import Metric
from rollout.guardrails.numbers import finite, fresh, measured
from rollout.guardrails.verdicts import Verdict


def lost(
    sample: Sample | None, *, evicts: bool | None, action: Action, fresh_s: float, now: float, kind: str
) -> Finding:  # fmt: skip
    """Acts on any entry lost, however long ago somebody looked, and on a Redis that may evict."""
    value = measured(sample.value) if sample else None
    finding = Finding(
        metric=Metric.LOST,
        verdict=Verdict.NO_DATA,
        value=value,
        act=0.0,
        sample=0 if value is None else 1,
        needed=1,
        at=finite(sample.at) if sample and value is not None else None,
        kind=kind,
    )
    if value is not None and value > 0:
        return replace(finding, verdict=Verdict.ACT, action=action)
    if evicts:
        return replace(finding, verdict=Verdict.ACT, action=action, codes=(Code.WRONG_POLICY,))
    if finding.at is None or evicts is None:
        return replace(finding, codes=(Code.MISSING,))
    if not fresh(finding.at, now=now, limit_s=fresh_s):
        return replace(finding, codes=(Code.STALE,))
    return replace(finding, verdict=Verdict.PASS)
