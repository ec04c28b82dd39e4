"""Starting a plan: only with a pre-flight that finds nothing."""

from django.utils.translation import gettext as _

from rollout.admin import parts
from rollout.models import Plan
from rollout.plans import transitions


def not_ready(plan: Plan) -> list[str]:
    """What the pre-flight finds. Without the checklists nothing is known, so nothing is ready."""
    checklists = parts.get("checklists")
    if checklists is None:
        return [_("the checklists can not be read")]
    return [str(each) for each in checklists.preflight(plan)]


def start(plan_id: int, *, actor: str, reason: str, version: int | None) -> Plan:
    """Start the plan when the pre-flight allows it, after the backup that belongs to its start. Raises NotReady,
    NotApproved, Conflict."""
    if (backups := parts.get("backups")) is not None:
        backups.before_start(Plan.objects.get(pk=plan_id), actor=actor)
    return transitions.start(plan_id, actor=actor, reason=reason, version=version, preflight=not_ready)
