"""`GET metrics`."""

from typing import Any

from rollout.api.forms.metrics import Window
from rollout.api.metrics import paths
from rollout.api.status import parts, streams
from rollout.api.view import Reading


class MetricsView(Reading):
    """Rates, error rates and quantiles of each path, and the backlog of each stream. What can not be read is null, and
    `unknown` says why."""

    needs = {"GET": "rollout.view_route"}
    question = Window

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        return parts.gather(
            database={"evidence": lambda: paths.told(asked.get("minutes"))},
            from_redis={"backlog": streams.all_kinds},
        )
