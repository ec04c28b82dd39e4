"""`GET route/explain`: why a device goes where it goes."""

import dataclasses
from typing import Any

from rollout import explaining
from rollout.api.forms.traffic import Question
from rollout.api.view import Reading


class ExplainView(Reading):
    """Everything that decides the path of a device's uploads, and the decision, for one kind or for each."""

    needs = {"GET": "rollout.view_route"}
    question = Question

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        kinds = [asked["kind"]] if "kind" in asked else None
        found = explaining.explain(asked["device"], kinds=kinds)
        return {"device": asked["device"], "routes": [dataclasses.asdict(each) for each in found]}
