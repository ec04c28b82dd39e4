"""What a person can do to a plan now, and why not what they can not."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from rollout.admin.plans.urls import action_url
from rollout.models import Pause, Plan
from rollout.plans import people
from rollout.plans.actions import ACTIONS, WATCHED, Action


@dataclass(frozen=True, slots=True)
class Button:
    """One action of a plan. `why_not`: empty when it can be pressed."""

    action: Action
    url: str
    why_not: str


def buttons(plan: Plan, *, user: Any) -> list[Button]:
    """All actions, in the order in which a plan lives."""
    return [
        Button(action, action_url(plan.pk, action.name), why_not(plan, action, user=user))
        for action in ACTIONS.values()
    ]


def why_not(plan: Plan, action: Action, *, user: Any) -> str:
    """Why `user` can not do `action` now; empty when nothing on this page speaks against it."""
    if plan.status not in action.sources:
        return _("Not while the plan is %s.") % plan.get_status_display()
    if plan.rollback_requested_at is not None and action.name != "rollback":
        return _("A rollback was asked for.")
    if not user.has_perm(action.permission):
        return _("You lack the permission %s.") % action.permission
    return _of_the_plan(plan, action.name, user.get_username())


def _of_the_plan(plan: Plan, name: str, username: str) -> str:
    match name:
        case "approve" if username in people.approvers(plan):
            return _("You have approved it as it is.")
        case "start" if Plan.objects.filter(active=True).exists():
            return _("Another plan is active.")
        case "resume" if not plan.pauses.filter(standing=True, cause=Pause.Cause.OPERATOR).exists():
            return _("No person has paused it: the controller resumes it when the cause is gone.")
        case "advance":
            step = plan.steps.filter(status__in=WATCHED).first()
            if step is None:
                return _("No step is observed now.")
            if step.advance_requested_at is not None:
                return _("Asked for by %s: the controller advances when every gate passes.") % step.advance_requested_by
        case "rollback" if plan.status in (Plan.Status.ROLLING_BACK, Plan.Status.DRAINING):
            return _("It is on its way back.")
    return ""
