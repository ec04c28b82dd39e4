"""Counting the clean windows of a metric after an automatic change."""

from rollout.guardrails.codes import Code
from rollout.guardrails.evidence import Evidence, Streak
from rollout.guardrails.finding import Finding
from rollout.guardrails.judgement import Judgement
from rollout.guardrails.limits import FlappingLimits
from rollout.guardrails.verdicts import Verdict


def streaks(*, limits: FlappingLimits, evidence: Evidence, judgement: Judgement) -> tuple[Streak, ...]:
    """The streaks that belong into the evidence of the next round, given what was judged of this one.

    A window is clean when every round in it was. Anything else, a later change or a gap longer than a window begins
    anew: what nobody judged was not clean.
    """
    found = []
    for finding in judgement.findings:
        changed = [each.at for each in evidence.changes if each.key == finding.key]
        if changed:
            found.append(_next(finding, evidence=evidence, since=max(changed), limits=limits))
    return tuple(found)


def _next(finding: Finding, *, evidence: Evidence, since: float, limits: FlappingLimits) -> Streak:
    now = evidence.now
    anew = Streak(metric=finding.metric, kind=finding.kind, path=finding.path, clean=0, at=now)
    old = next((each for each in evidence.streaks if each.key == finding.key), None)
    clean = finding.verdict is Verdict.PASS or Code.RECOVERING in finding.codes
    if not clean or old is None or not since <= old.at <= now or now - old.at > 2 * limits.window_s:
        return anew
    if now - old.at < limits.window_s:
        return old
    return Streak(metric=old.metric, kind=old.kind, path=old.path, clean=old.clean + 1, at=now)
