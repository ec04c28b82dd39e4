"""Figures in the text format of Prometheus.

They come from the database and Redis and not from the memory of the process that is asked: whichever of several web
processes answers, counters never fall and histograms add up. No label holds a serial.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from monitoring import tallies
from monitoring.figures import Figures, OfPath
from monitoring.histogram import Histogram

CONTENT_TYPE = CONTENT_TYPE_LATEST
# Seconds; the thresholds of the guardrails are among them.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0)

# By the values of its labels, in their order.
Gauge = Mapping[Any, float | None]


class Told(Collector):
    """Families that are known already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


def text(families: Iterable[Metric]) -> bytes:
    """The families, as Prometheus reads them."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Told(families))
    return generate_latest(registry)


def gauge(name: str, about: str, values: Gauge, labels: tuple[str, ...] = ()) -> Metric:
    """A gauge by its labels. What is not known is absent."""
    family = GaugeMetricFamily(name, about, labels=labels)
    for key, value in values.items():
        if value is not None:
            family.add_metric(key, float(value))
    return family


def totals(figures: Figures, *, until: int | None) -> list[Metric]:
    """Counters and the histogram of everything since the beginning; `until`: the second up to which it is counted.

    Both paths and all reasons are there from the start: a counter that begins with its first burst hides it, for the
    rate of Prometheus sees nothing but steps.
    """
    uploads = CounterMetricFamily("ljwx_uploads", "Uploads that were answered.", labels=["path"])
    good = CounterMetricFamily("ljwx_records", "Records that are stored.", labels=["path"])
    errors = CounterMetricFamily(
        "ljwx_record_errors", "What a path did wrong with a record.", labels=["path", "reason"]
    )
    took = HistogramMetricFamily(
        "ljwx_upload_duration_seconds", "From reading an upload to its answer.", labels=["path"]
    )
    for path in sorted({*tallies.PATHS, *figures.paths}):
        told = figures.paths.get(path, OfPath())
        uploads.add_metric([path], told.uploads)
        good.add_metric([path], told.good)
        reasons = tallies.OF_COPIES if path == tallies.SHADOW else tallies.OF_DEVICES
        for reason, count in sorted((dict.fromkeys(reasons, 0) | told.errors).items()):
            errors.add_metric([path, reason], count)
        took.add_metric([path], buckets(told.latency), told.latency.sum)
    at = gauge("ljwx_counted_until_timestamp_seconds", "Up to when the counters count.", {(): until})
    return [uploads, good, errors, took, at]


def buckets(latency: Histogram) -> list[tuple[str, float]]:
    """How many latencies were at most each of `BOUNDS`, within the relative error of the histogram."""
    return [*((str(bound), float(latency.within(bound))) for bound in BOUNDS), ("+Inf", float(latency.count))]
