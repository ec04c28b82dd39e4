"""The figures of both paths, before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rollout.reporting.series import LEAST_RECORDS, Point, Series
from rollout.routes import LEGACY, STREAM

HOUR_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Figures:
    """One path over some time, from `since` to `until` (seconds since 1970), while from `least` to `most` percent of
    the devices were on the stream. Medians of what `decisions` have kept; the error rate is of all their records."""

    since: float
    until: float
    least: float
    most: float
    decisions: int
    uploads_per_s: float | None
    p50_s: float | None
    p99_s: float | None
    error_rate: float | None


def before(series: Series) -> Figures | None:
    """The legacy path in the first hour of which there is evidence of it; None without any."""
    seen = [point for point in series.points if point.legacy.p99_s is not None]
    return _figures([point for point in seen if point.at <= seen[0].at + HOUR_S], LEGACY) if seen else None


def after(series: Series) -> Figures | None:
    """The stream path in the last hour of which there is evidence of it; None without any."""
    seen = [point for point in series.points if point.stream.p99_s is not None]
    return _figures([point for point in seen if point.at >= seen[-1].at - HOUR_S], STREAM) if seen else None


def _figures(points: Sequence[Point], path: str) -> Figures:
    held = [point.of(path) for point in points]
    records = sum(each.records for each in held)
    return Figures(
        since=points[0].at,
        until=points[-1].at,
        least=min(point.share for point in points),
        most=max(point.share for point in points),
        decisions=len(points),
        uploads_per_s=_median([each.uploads_per_s for each in held]),
        p50_s=_median([each.p50_s for each in held]),
        p99_s=_median([each.p99_s for each in held]),
        error_rate=sum(each.errors for each in held) / records if records >= LEAST_RECORDS else None,
    )


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
