"""`GET status`."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language

from monitoring import live
from rollout.api.forms.status import Look
from rollout.api.status import everything, parts, traffic
from rollout.api.view import Reading
from rollout.dashboard import drawing


class StatusView(Reading):
    """Everything at a glance. A part whose source is away is null, and `unknown` says why; the answer itself is 200.
    With `live` what the dashboard's websocket sends, at most a few seconds old."""

    needs = {"GET": "rollout.view_route"}
    question = Look

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        if asked["live"]:
            return drawing.message(live.current.get(), language=get_language() or settings.LANGUAGE_CODE)
        found = parts.gather(database=everything.DATABASE, from_redis=everything.REDIS)
        here = {"override": traffic.forced(), "stream": traffic.gate()}
        return {"measured_at": timezone.now(), **here, **found}
