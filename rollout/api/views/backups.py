"""`GET backups`, `POST backups`, `POST backups/N/restore`."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.request import Request

from rollout import backups
from rollout.api.forms.backups import Restore, Take
from rollout.api.forms.paging import Page, page
from rollout.api.shown.records import backup
from rollout.api.view import Acting, Reading
from rollout.models import Backup

APPROVE = "rollout.approve_plan"


class BackupsView(Reading, Acting):
    """The backups, newest first; a POST takes one."""

    needs = {"GET": "rollout.view_plan", "POST": "rollout.add_backup"}
    question = Page
    form = Take
    made = status.HTTP_201_CREATED

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        rows = Backup.objects.order_by("-pk")
        return {"backups": [backup(row) for row in page(rows, asked)]}

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        row = backups.create(
            event=asked.get("event") or backups.unique_event("api"),
            actor=request.user.get_username(),
            reason=asked["reason"],
            dump=asked["dump"],
        )
        return {"backup": backup(row)}


class RestoreView(Acting):
    """Put the control state of a verified backup back, and publish what is missing again. Shares above the present
    ones need somebody's approval; where two people must agree, the caller's own is refused."""

    needs = {"POST": "rollout.restore_backup"}
    form = Restore

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        actor = request.user.get_username()
        if asked["raise_shares"] and not request.user.has_perm(APPROVE):
            raise PermissionDenied(_("This needs the permission %s.") % APPROVE)
        approved_by = actor if asked["raise_shares"] else ""
        done = backups.restore(int(number), actor=actor, reason=asked["reason"], approved_by=approved_by)
        return {"restored": done}
