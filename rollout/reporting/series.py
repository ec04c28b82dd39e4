"""What both paths did over time, as the controller's decisions have kept it: seconds are kept for a quarter of an hour,
decisions for good, one a minute at least while there is something to decide."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import msgspec

from rollout.guardrails import evidence as evidences
from rollout.guardrails.evidence import Evidence
from rollout.guardrails.numbers import measured
from rollout.guardrails.sequential import Tally
from rollout.models import Decision
from rollout.reporting.period import Period
from rollout.routes import LEGACY, STREAM

# Decisions that are looked at, and those of them whose evidence, kilobytes each, is read.
MOST = 200_000
POINTS = 480
LEAST_GAP_S = 300.0
LEAST_RECORDS = 100
CHUNK = 100


@dataclass(frozen=True, slots=True)
class OfPath:
    """One path at one moment. Shares are from 0 to 1, times in seconds; None: not measured."""

    uploads_per_s: float | None = None
    p50_s: float | None = None
    p99_s: float | None = None
    records: int = 0
    errors: int = 0

    @property
    def error_rate(self) -> float | None:
        """None of too few records: a single error of ten is no rate of 10 %."""
        return self.errors / self.records if self.records >= LEAST_RECORDS else None


@dataclass(frozen=True, slots=True)
class Point:
    """The evidence of one decision, `at` seconds since 1970. `share`: the largest share of its kinds, in percent."""

    at: float
    share: float
    stream: OfPath
    legacy: OfPath

    def of(self, path: str) -> OfPath:
        return self.stream if path == STREAM else self.legacy


@dataclass(frozen=True, slots=True)
class Series:
    """`points`: oldest first, spread evenly over the `decisions` of the time. `gaps`: stretches (seconds since 1970) in
    which nothing was decided, the ends included. `unread`: decisions whose evidence this code does not understand.
    `left_out`: there were more decisions than are looked at. `p50_missing`: some have a p99 alone."""

    points: Sequence[Point] = ()
    decisions: int = 0
    gaps: Sequence[tuple[float, float]] = ()
    unread: int = 0
    left_out: bool = False
    p50_missing: bool = False


def series(period: Period) -> Series:
    """Raises django.db.Error."""
    rows = Decision.objects.filter(created_at__range=period.span).order_by("created_at")
    # The index alone.
    known = [(pk, at.timestamp()) for pk, at in rows.values_list("pk", "created_at")[: MOST + 1]]
    decisions = known[:MOST]
    picked = decisions[:: max(1, len(decisions) // POINTS)]
    points, unread = _read([pk for pk, _at in picked])
    return Series(
        points=points,
        decisions=len(decisions),
        gaps=_gaps([at for _pk, at in decisions], period),
        unread=unread,
        left_out=len(known) > MOST,
        p50_missing=any(p.of(path).p99_s and not p.of(path).p50_s for p in points for path in (STREAM, LEGACY)),
    )


def _read(pks: Sequence[int]) -> tuple[list[Point], int]:
    points: list[Point] = []
    unread = 0
    for start in range(0, len(pks), CHUNK):
        rows = Decision.objects.filter(pk__in=pks[start : start + CHUNK]).order_by("created_at")
        for at, told in rows.values_list("created_at", "evidence"):
            try:
                points.append(_point(at.timestamp(), evidences.decode(json.dumps(told))))
            except msgspec.MsgspecError:
                unread += 1
    return points, unread


def _point(at: float, found: Evidence) -> Point:
    return Point(
        at=at,
        share=max((measured(kind.percentage) or 0.0 for kind in found.kinds), default=0.0),
        stream=_path(found, STREAM, [kind.errors_window for kind in found.kinds]),
        legacy=_path(found, LEGACY, [kind.legacy_window for kind in found.kinds]),
    )


def _path(found: Evidence, path: str, windows: Iterable[Tally]) -> OfPath:
    windows = list(windows)
    errors = sum(each.errors + each.repeats for each in windows)
    records = errors + sum(each.good for each in windows)
    accept = found.of_path(path)
    if accept is None:
        return OfPath(records=records, errors=errors)
    seconds = (measured(accept.until) or 0.0) - (measured(accept.since) or 0.0)
    return OfPath(
        uploads_per_s=accept.requests / seconds if seconds > 0 else None,
        p50_s=measured(accept.p50_s),
        p99_s=measured(accept.p99_s),
        records=records,
        errors=errors,
    )


def _gaps(times: Sequence[float], period: Period) -> list[tuple[float, float]]:
    """Stretches without a decision, five minutes and longer; with long ones everywhere only those that stand out."""
    edges = [period.since_s, *times, period.until_s]
    between = [after - before for before, after in pairwise(edges)]
    usual = median(between) if len(between) > 2 else 0.0
    longest = max(LEAST_GAP_S, 3 * usual)
    return [(before, before + size) for before, size in zip(edges, between, strict=False) if size > longest]
