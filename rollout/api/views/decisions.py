"""`GET decisions`: what the controller found and did."""

from typing import Any

from rollout.api.forms.paging import DecisionPage, page
from rollout.api.shown.records import decision
from rollout.api.view import Reading
from rollout.models import Decision


class DecisionsView(Reading):
    """The decisions, newest first, each with its evidence and judgement."""

    needs = {"GET": "rollout.view_plan"}
    question = DecisionPage

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        rows = Decision.objects.select_related("policy", "step").order_by("-pk")
        if "plan" in asked:
            rows = rows.filter(plan=asked["plan"])
        return {"decisions": [decision(row) for row in page(rows, asked)]}
