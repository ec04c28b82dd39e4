"""The same figures over time, for charts: sixty points whatever the length."""

from collections.abc import Sequence
from typing import Any

from monitoring.bucket import Bucket
from rollout.api.metrics.window import by_path, figures

POINTS = 60
CHARTED = ("uploads_per_s", "records_per_s", "error_rate", "p50_ms", "p99_ms")


def points(buckets: Sequence[Bucket], *, since: int, until: int) -> dict[str, Any]:
    """`seconds`: where each point begins, since 1970 by the database's clock; below each path as many figures. A point
    in which nothing was told is None where nothing can be known of it."""
    step = max(1, (until - since) // POINTS)
    begins = list(range(since, until, step))
    paths = {}
    for path, all_of_it in by_path(buckets).items():
        bins: list[list[Bucket]] = [[] for _ in begins]
        for bucket in all_of_it:
            bins[(bucket.second - since) // step].append(bucket)
        told = [figures(each, seconds=step) for each in bins]
        paths[path] = {name: [each[name] for each in told] for name in CHARTED}
    return {"step_s": step, "seconds": begins, "paths": paths}
