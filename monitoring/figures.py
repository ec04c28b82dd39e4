"""What is known of a stretch of time: it adds up over seconds, so that long stretches keep their true quantiles."""

import math
from collections.abc import Mapping

import msgspec

from monitoring.bucket import Bucket
from monitoring.histogram import Histogram

QUANTILES = {"p50": 0.50, "p99": 0.99}


class OfPath(msgspec.Struct, omit_defaults=True):
    """Counts of one path over all kinds: `uploads` that were answered and how long that took, `good` records and
    `errors` by reason."""

    uploads: int = 0
    good: int = 0
    errors: dict[str, int] = {}
    latency: Histogram = msgspec.field(default_factory=Histogram)

    @property
    def wrong(self) -> int:
        """All errors."""
        return sum(self.errors.values())

    @property
    def error_rate(self) -> float | None:
        """From 0 to 1; None without a record whose outcome is known."""
        records = self.good + self.wrong
        return self.wrong / records if records else None

    def merge(self, other: "OfPath") -> None:
        """Count everything that `other` has counted."""
        self.uploads += other.uploads
        self.good += other.good
        for reason, count in other.errors.items():
            self.errors[reason] = self.errors.get(reason, 0) + count
        self.latency.merge(other.latency)


class Figures(msgspec.Struct, omit_defaults=True):
    """`seconds` of evidence by path, and gauges. Of a gauge a longer stretch keeps its worst: of `high` the highest,
    of `low` the lowest. What was not measured is absent, never 0."""

    seconds: int = 0
    paths: dict[str, OfPath] = {}
    high: dict[str, float] = {}
    low: dict[str, float] = {}

    def count(self, bucket: Bucket) -> None:
        """Count a bucket of evidence."""
        told = OfPath(bucket.uploads, bucket.good, dict(bucket.errors), bucket.latency)
        self.paths.setdefault(bucket.path, OfPath()).merge(told)

    def merge(self, other: "Figures") -> None:
        """Be the figures of both stretches."""
        self.seconds += other.seconds
        for path, told in other.paths.items():
            self.paths.setdefault(path, OfPath()).merge(told)
        for name, value in other.high.items():
            self.high[name] = max(value, self.high.get(name, value))
        for name, value in other.low.items():
            self.low[name] = min(value, self.low.get(name, value))

    def flat(self) -> dict[str, float | None]:
        """One number for each name, as charts want them: `uploads:stream` a second, `p50:…` and `p99:…` in seconds,
        `errors:…` from 0 to 1, and the gauges by their own names."""
        found: dict[str, float | None] = {}
        for path, told in self.paths.items():
            found[f"uploads:{path}"] = told.uploads / self.seconds if self.seconds else None
            found[f"errors:{path}"] = told.error_rate
            found |= {f"{name}:{path}": told.latency.quantile(q) for name, q in QUANTILES.items()}
        return {**found, **self.high, **self.low}


def gauges(values: Mapping[str, float | None]) -> dict[str, float]:
    """Those that were measured: no answer, NaN and infinity are not."""
    return {name: float(value) for name, value in values.items() if value is not None and math.isfinite(value)}
