"""Starting a plan as people do: a backup first, then the pre-flight, then it runs."""

from rollout import backups, checklists
from rollout.models import Plan
from rollout.plans import transitions
from rollout.plans.moving import check


def start(plan_id: int, *, actor: str, reason: str = "", version: int | None = None) -> Plan:
    """Take a backup, one for this version of the plan however often it is asked for, and let the plan run.

    Raises NotReady with what the pre-flight found, a backup that is not verified included, NotApproved, Conflict.
    """
    plan = Plan.objects.get(pk=plan_id)
    check(plan, version=version, sources=(Plan.Status.APPROVED,), action="start")
    backups.before_start(plan, actor=actor)
    return transitions.start(plan_id, actor=actor, reason=reason, version=version, preflight=checklists.preflight)
