"""The page of one plan."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from rollout import confirmation
from rollout.admin import words
from rollout.admin.percent import present
from rollout.admin.plans import approvals, buttons, checking, standing, timeline
from rollout.models import Plan, Step
from rollout.plans import canonical

TOLD = ("transitions", "changes", "decisions", "rollbacks")


def context(plan: Plan, request: HttpRequest) -> dict[str, Any]:
    """Everything that the page shows."""
    steps, now = list(plan.steps.select_related("plan")), timezone.now()
    at = standing.current(steps)
    return {
        "plan": plan,
        "sentence": standing.sentence(plan, steps, now=now),
        "rail": standing.rail(steps, now=now),
        "buttons": buttons.buttons(plan, user=request.user),
        "shares": present(plan.kinds),
        "unconfirmed": _unconfirmed(at),
        "pauses": plan.pauses.filter(standing=True).order_by("id"),
        "blocked_by": words.blocks(at.blocked_by) if at else [],
        "sha256": canonical.sha256(plan),
        "approvals": approvals.approvals(plan),
        "checklists": checking.phases(plan),
        "may_sign": request.user.has_perm("rollout.add_signature"),
        "timeline": timeline.timeline(plan),
        "more": [_list(getattr(Plan, name).rel.related_model, plan) for name in TOLD],
    }


def _list(model: Any, plan: Plan) -> tuple[Any, str]:
    """The list of the rows of `model` that tell of the plan."""
    url = reverse(f"admin:rollout_{model._meta.model_name}_changelist")
    return model._meta.verbose_name_plural, f"{url}?plan={plan.pk}"


def _unconfirmed(step: Step | None) -> list[str]:
    """The live processes that do not use the step's epochs yet."""
    if step is None or step.status != Step.Status.APPLYING:
        return []
    return confirmation.unconfirmed(step.epochs)
