"""The charts of a report, on one axis of time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from rollout.reporting import words
from rollout.reporting.period import Period
from rollout.reporting.series import OfPath, Series
from rollout.reporting.shares import Shares
from rollout.reporting.svg import Line, Mark, chart
from rollout.routes import LEGACY, STREAM

MOST_LABELS = 40


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with what it shows. `keys`: the label of each line, in the order of their styles. `is_empty`: nothing
    was kept to draw."""

    title: str
    keys: Sequence[str]
    drawing: SafeString
    is_empty: bool = False


def charts(period: Period, shares: Shares, series: Series) -> list[Chart]:
    """The shares, then uploads, latency and errors of both paths with a line at every change of a share."""
    marks = _marks(shares)
    kept: list[tuple[str, Callable[[OfPath], float | None], Callable[[float], str]]] = [
        (_("Uploads per second"), lambda of: of.uploads_per_s, words.number),
        (_("Time to the answer, p99"), lambda of: of.p99_s, words.seconds),
        (_("Error rate"), lambda of: of.error_rate, words.share),
    ]
    return [_shares(period, shares, marks), *(_paths(period, series, marks, *each) for each in kept)]


def _marks(shares: Shares) -> list[Mark]:
    """One for all changes of the same second."""
    found: dict[int, set[str]] = {}
    for each in shares.changes:
        found.setdefault(int(each.created_at.timestamp()), set()).add(words.percent(each.to_percentage))
    labelled = len(found) <= MOST_LABELS
    return [Mark(at, min(told) if labelled and len(told) == 1 else "") for at, told in found.items()]


def _shares(period: Period, shares: Shares, marks: Sequence[Mark]) -> Chart:
    """One line when all kinds went together, else one a kind."""
    told = {kind: tuple(line) for kind, line in shares.lines.items()}
    together = len({tuple(share for _at, share in line) for line in told.values()}) == 1
    names = [(", ".join(told), next(iter(told.values())))] if together and told else list(told.items())
    lines = [Line(name, line, step=True) for name, line in names]
    return _chart(_("Share of devices on the stream"), lines, period, words.percent, marks, top=100.0)


def _paths(
    period: Period,
    series: Series,
    marks: Sequence[Mark],
    title: str,
    value: Callable[[OfPath], float | None],
    unit: Callable[[float], str],
) -> Chart:
    starts = [begin for begin, _end in series.gaps]
    lines = []
    for path, name in ((LEGACY, _("legacy path")), (STREAM, _("stream path"))):
        points: list[tuple[float, float | None]] = [(point.at, value(point.of(path))) for point in series.points]
        breaks: list[tuple[float, float | None]] = [(begin + 1, None) for begin in starts]
        lines.append(Line(name, sorted([*points, *breaks], key=lambda point: point[0])))
    return _chart(title, lines, period, unit, marks)


def _chart(
    title: str,
    lines: Sequence[Line],
    period: Period,
    unit: Callable[[float], str],
    marks: Sequence[Mark],
    top: float | None = None,
) -> Chart:
    drawing = chart(lines, title=title, since=period.since_s, until=period.until_s, unit=unit, marks=marks, top=top)
    empty = not any(value is not None for line in lines for _at, value in line.points)
    return Chart(title, [line.label for line in lines], drawing, empty)
