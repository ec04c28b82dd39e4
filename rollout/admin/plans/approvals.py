"""Who approved what, and what changed since."""

from dataclasses import dataclass

from rollout.admin.plans.differences import differences
from rollout.models import Approval, Plan
from rollout.plans import canonical


@dataclass(frozen=True, slots=True)
class Shown:
    """One approval. `changed`: None when what was approved is not known, empty when it is the plan as it is now."""

    approval: Approval
    current: bool
    changed: list[str] | None


def approvals(plan: Plan) -> list[Shown]:
    """All approvals of the plan, newest first, against the plan as it is now."""
    now, digest = canonical.content(plan), canonical.sha256(plan)
    told = plan.transitions.filter(action="approve").values_list("facts", flat=True)
    approved = {facts.get("sha256"): facts["plan"] for facts in told if "plan" in facts}
    return [
        Shown(
            approval,
            current=approval.valid is True and approval.sha256 == digest,
            changed=differences(approved[approval.sha256], now) if approval.sha256 in approved else None,
        )
        for approval in plan.approvals.order_by("-id")
    ]
