"""The backlog of one kind: add consumers, then pause when they bring nothing."""

from msgspec.structs import replace

from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.evidence import AutomaticChange, Consumers, Evidence, KindEvidence
from rollout.guardrails.finding import Finding
from rollout.guardrails.metrics import Metric
from rollout.guardrails.numbers import finite
from rollout.guardrails.policy import Policy
from rollout.guardrails.series import series
from rollout.guardrails.verdicts import Verdict


def backlog(evidence: KindEvidence, *, everything: Evidence, policy: Policy, since: float) -> Finding:
    """As any series. When it acts by adding consumers: one more, unless one was added a moment ago, by whomever; then
    pause when that brought nothing. Pause at once when more can not be had or not all of them run.

    An automatic pause for this backlog stands until a person resumes. Time enough after an addition that did bring
    something, it may add again.
    """
    now = everything.now
    finding = series(
        evidence.backlog, metric=Metric.BACKLOG, limits=policy.backlog, now=now, since=since, kind=evidence.kind
    )
    if finding.verdict is not Verdict.ACT or finding.action is not Action.ADD_CONSUMERS:
        return finding
    action, code = _answer(finding, everything=everything, policy=policy)
    return replace(finding, action=action, codes=(code,) if code else ())


def _answer(finding: Finding, *, everything: Evidence, policy: Policy) -> tuple[Action, Code | None]:
    now, limits = everything.now, policy.consumers
    done = max((each for each in everything.changes if each.key == finding.key), key=lambda c: c.at, default=None)
    if done and done.action is Action.PAUSE:
        return Action.PAUSE, Code.NO_EFFECT
    added = done if done and done.action is Action.ADD_CONSUMERS else None
    raised = [finite(everything.consumers.raised_at), added.at if added else None]
    if any(at is not None and abs(now - at) < limits.effect_s for at in raised):
        return Action.NONE, Code.WAIT_FOR_EFFECT
    drains = added is not None and _drains(finding, added, part=limits.effect_part)
    tried = added is not None and now - added.at < limits.effect_s + policy.flapping.interval_s
    if tried and not drains:
        return Action.PAUSE, Code.NO_EFFECT
    obstacle = _obstacle(everything.consumers)
    if tried and drains and (obstacle or (added and now - added.at < policy.flapping.interval_s)):
        return Action.NONE, Code.DRAINING
    return (Action.PAUSE, obstacle) if obstacle else (Action.ADD_CONSUMERS, None)


def _drains(finding: Finding, added: AutomaticChange, *, part: float) -> bool:
    before = finite(added.value)
    return before is not None and finding.value is not None and finding.value <= (1 - part) * before


def _obstacle(consumers: Consumers) -> Code | None:
    if consumers.desired is None or consumers.alive is None or consumers.maximum is None:
        return Code.NO_MORE_CONSUMERS
    if consumers.alive < consumers.desired:
        return Code.CONSUMERS_MISSING
    return Code.NO_MORE_CONSUMERS if consumers.desired >= consumers.maximum else None
