"""What one path did within some seconds."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from monitoring.bucket import Bucket
from monitoring.histogram import Histogram

QUANTILES = {"p50_ms": 0.50, "p90_ms": 0.90, "p99_ms": 0.99}


def by_path(buckets: Iterable[Bucket]) -> dict[str, list[Bucket]]:
    """The buckets of each path."""
    found: dict[str, list[Bucket]] = {}
    for bucket in buckets:
        found.setdefault(bucket.path, []).append(bucket)
    return found


def figures(buckets: Sequence[Bucket], *, seconds: float) -> dict[str, Any]:
    """Rates per second, errors by reason and quantiles of the answer's time in ms. What was not seen is None: no
    record has no error rate, no upload no quantile."""
    latency, reasons = Histogram(), Counter[str]()
    for bucket in buckets:
        latency.merge(bucket.latency)
        reasons.update(bucket.errors)
    good, wrong = sum(each.good for each in buckets), reasons.total()
    return {
        "uploads": sum(each.uploads for each in buckets),
        "uploads_per_s": sum(each.uploads for each in buckets) / seconds,
        "records": good + wrong,
        "records_per_s": (good + wrong) / seconds,
        "errors": wrong,
        "error_rate": wrong / (good + wrong) if good + wrong else None,
        "errors_by_reason": dict(sorted(reasons.items())),
        **{name: _ms(latency.quantile(q)) for name, q in QUANTILES.items()},
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)
