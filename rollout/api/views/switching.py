"""`POST switch_traffic`: the share by hand."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from rest_framework.request import Request

from rollout.api import works
from rollout.api.forms.traffic import Switch
from rollout.api.shown.records import change
from rollout.api.view import Acting

ROLL_BACK = "rollout.roll_back"


class SwitchView(Acting):
    """Set the share, or the mirrored share, of one kind or of all. While a plan is active the plan moves it: 409,
    unless it is an emergency, which may only lower and ends the plan."""

    needs = {"POST": "rollout.change_route"}
    form = Switch

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        if asked["emergency"] and not request.user.has_perm(ROLL_BACK):
            raise PermissionDenied(_("This needs the permission %s.") % ROLL_BACK)
        kind = asked.get("kind")
        changes = works.switch(
            percentage=asked.get("percentage"),
            mirror=asked.get("mirror_percentage"),
            kinds=None if kind is None else [kind],
            actor=request.user.get_username(),
            reason=asked["reason"],
            emergency=asked["emergency"],
            expected_epochs={kind: asked["expected_version"]} if "expected_version" in asked else None,
        )
        message = "; ".join(str(each) for each in changes) or _("Nothing to change.")
        return {"message": message, "changes": [change(each) for each in changes]}
