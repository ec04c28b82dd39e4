"""`GET status`."""

from typing import Any

from django.utils import timezone

from rollout.api.status import alarms, consumers, controller, mirror, parts, plan, streams, traffic
from rollout.api.view import Reading


class StatusView(Reading):
    """Everything at a glance. A part whose source is away is null, and `unknown` says why; the answer itself is 200."""

    needs = {"GET": "rollout.view_route"}

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        found = parts.gather(
            database={
                "traffic": traffic.routes,
                "unconfirmed": traffic.unconfirmed,
                "mirror": mirror.kinds,
                "plan": plan.active,
                "rollback": plan.rolling_back,
                "controller": controller.leads,
            },
            from_redis={
                "redis": streams.server,
                "streams": streams.all_kinds,
                "shadows": streams.shadows,
                "consumers": consumers.consumers,
                "alarms": alarms.standing,
            },
        )
        here = {"override": traffic.forced(), "stream": traffic.gate()}
        return {"measured_at": timezone.now(), **here, **found}
