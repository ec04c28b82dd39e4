"""`GET status`."""

from typing import Any

from django.utils import timezone

from rollout.api.status import everything, parts, traffic
from rollout.api.view import Reading


class StatusView(Reading):
    """Everything at a glance. A part whose source is away is null, and `unknown` says why; the answer itself is 200."""

    needs = {"GET": "rollout.view_route"}

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        found = parts.gather(database=everything.DATABASE, from_redis=everything.REDIS)
        here = {"override": traffic.forced(), "stream": traffic.gate()}
        return {"measured_at": timezone.now(), **here, **found}
