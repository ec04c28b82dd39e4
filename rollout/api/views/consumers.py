"""`GET consumers` and `POST consumers/scale`."""

from typing import Any

from rest_framework.request import Request

from rollout.api.forms.consumers import Scale
from rollout.api.status.consumers import shown
from rollout.api.view import Acting, Reading
from streaming.manager import get_consumer_manager


class ConsumersView(Reading):
    """The consumers of all hosts; 503 while Redis, which knows them, does not answer."""

    needs = {"GET": "streaming.view_consumercount"}

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        return {**shown(get_consumer_manager().status())}


class ScaleView(Acting):
    """Have this many consumers over all hosts; the supervisors follow within seconds."""

    needs = {"POST": "streaming.change_consumercount"}
    form = Scale

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        actor = request.user.get_username()
        done = get_consumer_manager().scale(asked["count"], reason=asked["reason"], actor=actor)
        return {"before": done.before, "after": done.after, "version": done.version}
