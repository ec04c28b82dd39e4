"""`GET metrics`."""

from typing import Any

from rollout.api.forms.metrics import EVIDENCE_MINUTES, Window
from rollout.api.metrics import history, paths
from rollout.api.status import parts, streams
from rollout.api.view import Reading


class MetricsView(Reading):
    """Rates, error rates and quantiles of each path, and the backlog of each stream; with `minutes` their history and
    the changes of the share. What can not be read is null, and `unknown` says why."""

    needs = {"GET": "rollout.view_route"}
    question = Window

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        minutes = asked.get("minutes")
        evidence = minutes if minutes is not None and minutes <= EVIDENCE_MINUTES else None
        database: dict[str, parts.Read] = {"evidence": lambda: paths.told(evidence)}
        if minutes is not None:
            database["history"] = lambda: history.told(minutes)
        return parts.gather(database=database, from_redis={"backlog": streams.all_kinds})
