"""Charts as inline SVG: lines over time, nothing to load and nothing that runs. Sizes are in units of the drawing."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 960, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 26, 26
INNER, DOWN = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
# Marks whose labels would overlap have none.
LABEL_WIDTH = 34
MOST_TICKS = 8
STEPS_S = (
    1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000,
    7_776_000, 31_536_000,
)  # fmt: skip
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `points`: seconds since 1970 and value, in order; None breaks the line. `step`: a value holds until the
    next."""

    label: str
    points: Sequence[tuple[float, float | None]]
    step: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at a moment, with what stands above it."""

    at: float
    label: str = ""


def chart(
    lines: Sequence[Line],
    *,
    title: str,
    since: float,
    until: float,
    unit: Callable[[float], str],
    marks: Sequence[Mark] = (),
    top: float | None = None,
) -> SafeString:
    """`lines` from `since` to `until`, values from 0 to `top` (None: what the largest needs) labelled by `unit`.
    `title` is what a screen reader says."""
    highest = top or _nice(max((v for line in lines for _at, v in line.points if v is not None), default=0.0))
    scale = _Scale(since, until, highest)
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}{}</svg>',
        WIDTH, HEIGHT, title, _grid(scale, unit), _times(scale), _marks(scale, marks), _lines(scale, lines),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Scale:
    since: float
    until: float
    highest: float

    def x(self, at: float) -> float:
        part = (at - self.since) / max(1e-9, self.until - self.since)
        return round(LEFT + INNER * min(1.0, max(0.0, part)), 1)

    def y(self, value: float) -> float:
        return round(TOP + DOWN * (1 - min(1.0, max(0.0, value / self.highest))), 1)


def _nice(highest: float) -> float:
    """The next of 1, 2, 2.5 and 5 times a power of ten that holds `highest`; 1 for what is as good as nothing."""
    if highest < 1e-9:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    return next(power * step for step in (1, 2, 2.5, 5, 10) if power * step >= highest * 0.999)


def _grid(scale: _Scale, unit: Callable[[float], str]) -> SafeString:
    values = [scale.highest * part / 4 for part in range(5)]
    return format_html_join(
        "",
        '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="y" x="{}" y="{}">{}</text>',
        (
            (LEFT, WIDTH - RIGHT, scale.y(value), scale.y(value), LEFT - 6, scale.y(value) + 4, unit(value))
            for value in values
        ),
    )


def ticks(since: float, until: float) -> list[float]:
    """Round moments of the site's zone between the two, eight at most."""
    step = next((each for each in STEPS_S if (until - since) / each <= MOST_TICKS), STEPS_S[-1])
    offset = timezone.localtime(datetime.fromtimestamp(since, UTC)).utcoffset()
    shift = offset.total_seconds() if offset else 0.0
    first = math.ceil((since + shift) / step) * step - shift
    return [first + step * number for number in range(math.floor((until - first) / step) + 1)]


def _times(scale: _Scale) -> SafeString:
    found = ticks(scale.since, scale.until)
    is_long = scale.until - scale.since > 2 * DAY_S
    return format_html_join(
        "",
        '<line class="tick" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/><text class="x" x="{0}" y="{3}">{4}</text>',
        ((scale.x(at), HEIGHT - BOTTOM, HEIGHT - BOTTOM + 4, HEIGHT - 8, _moment(at, is_long)) for at in found),
    )


def _moment(at: float, is_long: bool) -> str:
    local = timezone.localtime(datetime.fromtimestamp(at, UTC))
    if local.hour == local.minute == local.second == 0:
        return f"{local:%m-%d}"
    return f"{local:%m-%d %H:%M}" if is_long else f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def _marks(scale: _Scale, marks: Sequence[Mark]) -> SafeString:
    found, free = [], float("-inf")
    for mark in sorted(marks, key=lambda mark: mark.at):
        x, label = scale.x(mark.at), mark.label
        if x < free:
            label = ""
        elif label:
            free = x + LABEL_WIDTH
        found.append((x, TOP, HEIGHT - BOTTOM, TOP - 8, label))
    return format_html_join(
        "", '<line class="mark" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/><text class="m" x="{0}" y="{3}">{4}</text>', found
    )


def _lines(scale: _Scale, lines: Sequence[Line]) -> SafeString:
    return format_html_join(
        "", '<path class="line line-{}" d="{}"/>', ((place, _path(scale, line)) for place, line in enumerate(lines))
    )


def _path(scale: _Scale, line: Line) -> SafeString:
    """The `d` of a path: numbers and commands alone. A point by itself is drawn as a dot."""
    parts: list[str] = []
    pen = False
    last_y = 0.0
    for at, value in line.points:
        if value is None:
            pen = False
            continue
        x, y = scale.x(at), scale.y(value)
        if not pen:
            parts.append(f"M{x} {y}h0")
        elif line.step:
            parts.append(f"L{x} {last_y}L{x} {y}")
        else:
            parts.append(f"L{x} {y}")
        pen, last_y = True, y
    if pen and line.step:
        parts.append(f"L{scale.x(scale.until)} {last_y}")
    return mark_safe("".join(parts))  # noqa: S308 - numbers of ours
