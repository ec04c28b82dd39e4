"""`POST emergency_rollback`, and how far each rollback is."""

from typing import Any

from rest_framework.request import Request

from rollout.api.forms.paging import Page, page
from rollout.api.forms.traffic import RollBack
from rollout.api.shown.records import rollback
from rollout.api.view import Acting, Reading
from rollout.models import Rollback
from rollout.plans.actions import ACTIONS
from rollout.rollback import execute_rollback


class EmergencyRollback(Acting):
    """Lower the share, to 0 % at once unless a strategy says otherwise. It needs no approval, ends the active plan,
    works while Redis is away, and is harmless when asked for twice. `rollbacks/N` says how far it is."""

    needs = {"POST": ACTIONS["rollback"].permission}
    form = RollBack
    repeatable = True

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        row = execute_rollback(
            asked["strategy"],
            asked["reason"],
            request.user.get_username(),
            kinds=asked.get("kinds"),
            target=asked.get("target"),
            interval_s=asked.get("interval_s"),
            source="api",
            force=asked["force"],
        )
        return {"message": str(row), "rollback": rollback(row)}


class RollbacksView(Reading):
    """The rollbacks, newest first."""

    needs = {"GET": "rollout.view_plan"}
    question = Page

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        rows = Rollback.objects.order_by("-pk")
        return {"rollbacks": [rollback(row) for row in page(rows, asked)]}


class RollbackView(Reading):
    """One rollback: asked, effective, drained, verified."""

    needs = {"GET": "rollout.view_plan"}

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        return {"rollback": rollback(Rollback.objects.get(pk=int(number)))}
