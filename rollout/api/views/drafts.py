"""`POST create_switch_plan`: a new plan in draft."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.request import Request

from rollout.api.forms import plans as forms
from rollout.api.forms.strict import REASON_LENGTH
from rollout.api.shown.plan import PLANS, whole
from rollout.api.view import Acting
from rollout.plans import drafting


class DraftView(Acting):
    """Make a plan from a template, from steps, or from a target with step size and interval. It moves nothing yet: it
    is submitted, approved and started."""

    needs = {"POST": "rollout.add_plan"}
    form = forms.PlanForm
    made = status.HTTP_201_CREATED

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        steps = forms.steps(asked)
        plan = drafting.create(
            name=forms.name(asked, steps[-1].percentage, now=timezone.now()),
            steps=steps,
            kinds=asked.get("kinds"),
            auto_execute=asked["auto_execute"],
            template=asked.get("template", ""),
            actor=request.user.get_username(),
            reason=asked.get("reason") or client(request),
        )
        message = _("The plan %d is a draft: submit it, have it approved, start it.") % plan.pk
        return {"message": message, "plan": whole(PLANS.get(pk=plan.pk))}


def client(request: Request) -> str:
    """The reason of a request that gives none: which program asked, as it names itself."""
    agent = "".join(each for each in request.headers.get("User-Agent", "") if each.isprintable())
    return (_("Asked for by %s.") % (agent[:100] or _("a program without a name")))[:REASON_LENGTH]
