"""`GET backups`, `POST backups`, `POST backups/N/restore`."""

import secrets
from typing import Any

from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request

from rollout.api import works
from rollout.api.forms.backups import Restore, Take
from rollout.api.forms.paging import Page
from rollout.api.shown.records import backup
from rollout.api.view import Acting, Reading
from rollout.models import Backup


class BackupsView(Reading, Acting):
    """The backups, newest first; a POST takes one."""

    needs = {"GET": "rollout.view_plan", "POST": "rollout.add_backup"}
    question = Page
    form = Take
    made = status.HTTP_201_CREATED

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        rows = Backup.objects.order_by("-pk")
        if "before" in asked:
            rows = rows.filter(pk__lt=asked["before"])
        return {"backups": [backup(row) for row in rows[: asked["limit"]]]}

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        row = works.create_backup(
            event=asked.get("event") or f"api-{timezone.now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
            actor=request.user.get_username(),
            reason=asked["reason"],
            dump=asked["dump"],
        )
        return {"backup": backup(row)}


class RestoreView(Acting):
    """Put the control state of a verified backup back, and publish what is missing again."""

    needs = {"POST": "rollout.restore_backup"}
    form = Restore

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        Backup.objects.get(pk=int(number))
        done = works.restore_backup(int(number), actor=request.user.get_username(), reason=asked["reason"])
        return {"restored": done}
