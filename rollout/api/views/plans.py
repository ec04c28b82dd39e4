"""`GET plans`, `GET plans/N` and the actions of a plan."""

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request

from rollout import checklists
from rollout.api.forms.paging import PlanPage, page
from rollout.api.forms.plans import Act, Approve, Resume
from rollout.api.shown.plan import PLANS, brief, whole
from rollout.api.view import Acting, Reading
from rollout.models import Plan
from rollout.plans import starting, transitions
from rollout.plans.actions import ACTIONS


class PlansView(Reading):
    """The plans, newest first."""

    needs = {"GET": "rollout.view_plan"}
    question = PlanPage

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        rows = PLANS.order_by("-pk")
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        return {"plans": [brief(plan) for plan in page(rows, asked)]}


class PlanView(Reading):
    """One plan with its steps, its approvals, its timeline and what it can do now."""

    needs = {"GET": "rollout.view_plan"}

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        return {"plan": whole(PLANS.get(pk=int(number)))}


class ChecklistView(Reading):
    """The plan's three checklists, each item measured now, signed, or unknown."""

    needs = {"GET": "rollout.view_plan"}

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        found = checklists.items(Plan.objects.get(pk=int(number)))
        return {"checklist": [checklists.data(item) for item in found]}


class PlanAction(Acting):
    """What a person does to a plan. Refused with 409 and the allowed actions when the plan can not do it now."""

    does: Callable[..., Plan]

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        plan = type(self).does(int(number), actor=request.user.get_username(), **self.said(asked))
        return {"plan": whole(PLANS.get(pk=plan.pk))}

    def said(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"reason": asked["reason"], "version": asked.get("version")}


class Submit(PlanAction):
    """Hand the draft to those who approve."""

    needs = {"POST": ACTIONS["submit"].permission}
    form = Act
    does = staticmethod(transitions.submit)


class Approved(PlanAction):
    """Approve exactly this plan; an edit voids it."""

    needs = {"POST": ACTIONS["approve"].permission}
    form = Approve
    does = staticmethod(transitions.approve)

    def said(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {**super().said(asked), "seen": asked.get("sha256")}


class Start(PlanAction):
    """Take a backup and let the approved plan run, when the pre-flight finds nothing; else 409 with `blocked_by`."""

    needs = {"POST": ACTIONS["start"].permission}
    form = Act
    does = staticmethod(starting.start)


class PauseView(PlanAction):
    """Let it stand still at its present share."""

    needs = {"POST": ACTIONS["pause"].permission}
    form = Act
    does = staticmethod(transitions.pause)


class ResumeView(PlanAction):
    """Clear pauses; the plan runs again when none is left."""

    needs = {"POST": ACTIONS["resume"].permission}
    form = Resume
    does = staticmethod(transitions.resume)

    def said(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {**super().said(asked), "causes": asked["causes"]}


class Advance(PlanAction):
    """Ask for the next step; the controller takes it when every gate passes."""

    needs = {"POST": ACTIONS["advance"].permission}
    form = Act
    does = staticmethod(transitions.advance)


class Complete(PlanAction):
    """End a plan that has soaked."""

    needs = {"POST": ACTIONS["complete"].permission}
    form = Act
    does = staticmethod(transitions.complete)


class Cancel(PlanAction):
    """Give up a plan that has not started."""

    needs = {"POST": ACTIONS["cancel"].permission}
    form = Act
    does = staticmethod(transitions.cancel)
