"""The plan that is active, and what it waits for."""

from typing import Any

from rollout.api.shown.plan import PLANS, brief, current, observed_s, upcoming
from rollout.models import Rollback


def active() -> dict[str, Any] | None:
    """The active plan with its next step; None when no plan is active. Raises django.db.Error."""
    plan = PLANS.filter(active=True).first()
    if plan is None:
        return None
    steps = list(plan.steps.all())
    now, after = current(steps), upcoming(steps)
    told = brief(plan)
    left = None if now is None else max(0.0, now.observe_s - (observed_s(now) or 0.0))
    told["next_step"] = after and {
        "position": after.position,
        "percentage": after.percentage,
        # What the interval alone leaves; `blocked_by` names the other gates.
        "in_s": left,
        "needs": "controller" if plan.auto_execute else "person",
    }
    return told


def rolling_back() -> dict[str, Any] | None:
    """The rollback that is not done. Raises django.db.Error."""
    from rollout.api.shown.records import rollback

    row = Rollback.objects.filter(active=True).first()
    return None if row is None else rollback(row)
