"""Numbers and times as a report writes them, in the language of the reader."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from ljwx.admin.shown import to_second
from rollout.admin import duration
from rollout.controller.codes import METRICS
from rollout.guardrails.finding import Finding
from rollout.guardrails.metrics import Metric

NONE = "–"


def moment(at: datetime | float | None) -> str:
    """A time, or seconds since 1970, in the site's zone to the second."""
    return NONE if at is None else to_second(at)


def length(time: timedelta | None) -> str:
    """How long something took, to the second, or to the minute from an hour on."""
    if time is None:
        return NONE
    whole = max(0, round(time.total_seconds()))
    return duration.shown(whole // 60 * 60) if whole >= 3_600 else duration.shown(whole) if whole else "0 s"


def percent(value: float | Decimal | None) -> str:
    """A percentage: `12.5 %`."""
    return NONE if value is None else f"{float(value):g} %"


def share(value: float | None) -> str:
    """A share from 0 to 1 as a percentage with the digits that it needs: `0.013 %`, `99.99 %`."""
    if value is None:
        return NONE
    return f"{value * 100:.4g} %" if value < 0.9 else f"{value * 100:.5g} %"


def number(value: float | None) -> str:
    """`12,345` or `0.25`."""
    if value is None:
        return NONE
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def seconds(value: float | None) -> str:
    """`85 ms`, `1.2 s`."""
    if value is None:
        return NONE
    if value >= 10:
        return f"{value:.0f} s"
    return f"{value:.2g} s" if value >= 1 else f"{value * 1000:.3g} ms"


UNITS: dict[Metric, Callable[[float | None], str]] = {
    Metric.ERRORS: share,
    Metric.CONSISTENCY: share,
    Metric.CPU: share,
    Metric.MEMORY: share,
    Metric.AGE: seconds,
    Metric.ACCEPT: seconds,
    Metric.HEARTBEAT: seconds,
    Metric.BACKLOG: number,
    Metric.LOST: number,
}


def finding(found: Finding) -> str:
    """`error rate (health) 0.2 % of 4,000, hold 1 %, act 5 %`."""
    unit, of = UNITS[found.metric], found.kind or found.path
    text = f"{METRICS[found.metric.value]}{f' ({of})' if of else ''} {unit(found.value)}"
    if found.sample > 1:
        text += f" / {number(found.sample)}"
    return text


def limits(found: Finding) -> str:
    """The thresholds of a finding: `1 % / 5 %`."""
    unit = UNITS[found.metric]
    return f"{unit(found.hold)} / {unit(found.act)}"
