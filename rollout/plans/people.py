"""Whether enough people agree to a plan."""

from django.conf import settings

from rollout.models import Plan
from rollout.plans.canonical import sha256


def approvers(plan: Plan) -> set[str]:
    """Who has approved exactly the plan as it is now."""
    found = plan.approvals.filter(valid=True, sha256=sha256(plan)).values_list("approver", flat=True)
    return set(found)


def authors(plan: Plan) -> set[str]:
    """Who made, edited or submitted it: their own approval is no second opinion."""
    editors = plan.transitions.filter(action__in=("edit", "submit")).values_list("actor", flat=True)
    return {plan.created_by, *editors}


def enough(plan: Plan) -> bool:
    """Whether somebody has approved, and with the author as many people stand behind it as LJWX_PLAN_PEOPLE says."""
    agreed = approvers(plan)
    return bool(agreed) and len(agreed - authors(plan)) >= settings.PLAN_PEOPLE - 1
