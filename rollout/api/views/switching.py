"""`POST switch_traffic`: the share by hand."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from rest_framework.request import Request

from rollout import manual
from rollout.api.forms.traffic import Switch
from rollout.api.shown.records import change
from rollout.api.view import Acting
from rollout.models import Change, Plan
from rollout.plans.actions import allowed
from rollout.plans.errors import Conflict

ROLL_BACK = "rollout.roll_back"


class SwitchView(Acting):
    """Set the share, or the mirrored share, of one kind or of all. While a plan is active the plan moves it: 409,
    unless it is an emergency, which may only lower and ends the plan."""

    needs = {"POST": "rollout.change_route"}
    form = Switch

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        if asked["emergency"] and not request.user.has_perm(ROLL_BACK):
            raise PermissionDenied(_("This needs the permission %s.") % ROLL_BACK)
        try:
            changes = self._switch(request, asked)
        except Conflict as error:
            plan = Plan.objects.filter(active=True).first()
            raise Conflict(str(error), allowed=allowed(plan.status) if plan else ()) from error
        message = "; ".join(str(each) for each in changes) or _("Nothing to change.")
        return {"message": message, "changes": [change(each) for each in changes]}

    def _switch(self, request: Request, asked: dict[str, Any]) -> list[Change]:
        kinds = [asked["kind"]] if "kind" in asked else None
        seen = {asked["kind"]: asked["expected_version"]} if "expected_version" in asked else None
        return manual.switch(
            percentage=asked.get("percentage"),
            mirror=asked.get("mirror_percentage"),
            kinds=kinds,
            actor=request.user.get_username(),
            reason=asked["reason"],
            emergency=asked["emergency"],
            expected_epochs=seen,
        )
