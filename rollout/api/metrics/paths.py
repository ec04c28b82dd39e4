"""Evidence of both paths, read once for everything that is shown of it."""

from typing import Any

from ljwx import databaseclock
from monitoring import evidence
from rollout.api.metrics.series import points
from rollout.api.metrics.window import by_path, figures

LATELY_S = 60


def told(minutes: int | None) -> dict[str, Any]:
    """Figures of the last minute, or of the last `minutes` with their series. `age_s`: how old the newest second is.
    A path of which nothing was told is not there. Raises django.db.Error."""
    until = evidence.settled()
    seconds = LATELY_S if minutes is None else 60 * minutes
    buckets = evidence.read(until - seconds, until)
    found: dict[str, Any] = {
        "window_s": seconds,
        "until": until,
        "age_s": databaseclock.now() - until,
        "paths": {path: figures(each, seconds=seconds) for path, each in sorted(by_path(buckets).items())},
    }
    if minutes is not None:
        found["series"] = points(buckets, since=until - seconds, until=until)
    return found
