"""What keeps automatic changes from chasing each other."""

from msgspec.structs import replace

from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.evidence import Evidence
from rollout.guardrails.finding import Finding
from rollout.guardrails.limits import FlappingLimits
from rollout.guardrails.verdicts import Verdict


def settled(finding: Finding, *, evidence: Evidence, limits: FlappingLimits) -> Finding:
    """`finding` under both rules.

    At most one automatic change per metric in `interval_s`: an action is withheld when the same or a stronger one was
    taken. A stronger one is not, else a pause would keep the plan from being rolled back, and three minutes without
    effect from pausing. A rollback is never withheld: after it a person decides, so it can not flap.
    A metric that passes after an automatic change holds until it was clean in `clean_windows` windows.
    """
    changes = [each for each in evidence.changes if each.key == finding.key]
    if finding.verdict is Verdict.PASS and changes:
        last = max(each.at for each in changes)
        streak = next((each for each in evidence.streaks if each.key == finding.key), None)
        if streak is None or streak.at < last or streak.clean < limits.clean_windows:
            return replace(finding, verdict=Verdict.HOLD, codes=(Code.RECOVERING, *finding.codes))
    if finding.action in (Action.NONE, Action.ROLL_BACK):
        return finding
    near = (each.action for each in changes if abs(evidence.now - each.at) < limits.interval_s)
    if any(action >= finding.action for action in near):
        return replace(finding, action=Action.NONE, codes=(*finding.codes, Code.WITHHELD))
    return finding


def needs_person(evidence: Evidence) -> bool:
    """Whether the plan was rolled back automatically since a person last let it run."""
    return any(each.action is Action.ROLL_BACK for each in evidence.changes)
