"""The kept history of all figures, with what moved traffic meanwhile."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

from monitoring import evidence, samples
from rollout.api.shown.records import change
from rollout.models import Change

MOST_CHANGES = 200


def told(minutes: int) -> dict[str, Any]:
    """The series of every name of `monitoring.figures` over the last `minutes`, and the newest 200 changes of a share
    in that time, oldest first. Raises django.db.Error."""
    until = evidence.settled()
    since = until - 60 * minutes
    rows = Change.objects.filter(created_at__gte=datetime.fromtimestamp(since, UTC)).order_by("-pk")[:MOST_CHANGES]
    series = samples.series(since, until)
    return {
        "since": since,
        "until": until,
        **dataclasses.asdict(series),
        "changes": [change(row) for row in rows][::-1],
    }
