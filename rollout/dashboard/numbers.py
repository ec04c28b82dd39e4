"""Figures for people. What is not known is a dash, never 0."""

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from rollout.admin.duration import shown

UNKNOWN = "–"


def share(value: float | None, digits: int = 1) -> str:
    """A share from 0 to 1 as percent, without the zeros that say nothing."""
    return UNKNOWN if value is None else f"{plain(100 * value, digits)} %"


def percent(value: float | None) -> str:
    """A percentage: `10 %`, `12.5 %`."""
    return UNKNOWN if value is None else f"{plain(float(value), 2)} %"


def plain(value: float | None, digits: int = 1) -> str:
    """A number with at most so many decimals and thousands told apart."""
    if value is None:
        return UNKNOWN
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def seconds(value: float | None) -> str:
    """A short time: `12 ms`, `1.2 s`, `3 min 20 s`."""
    if value is None:
        return UNKNOWN
    if value >= 60:
        return shown(round(value))
    return f"{plain(value, 1)} s" if value >= 1 or value == 0 else f"{plain(value * 1000, 1)} ms"


def minutes(value: float) -> str:
    """A length of time to whole minutes, one at least: what is shown does not tick."""
    return shown(max(60, round(value / 60) * 60))


def size(value: float | None) -> str:
    """Bytes as kB or MB (1024)."""
    if value is None:
        return UNKNOWN
    return f"{plain(value / 1024, 0)} kB" if value < 1 << 20 else f"{plain(value / (1 << 20), 1)} MB"


def moment(value: Any, *, date: bool = False) -> str:
    """The site's time of day of a time of the document, ISO 8601 or seconds since 1970."""
    if value is None:
        return UNKNOWN
    found = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)
    return timezone.localtime(found).strftime("%Y-%m-%d %H:%M:%S" if date else "%H:%M:%S")


def ago(value: float | None) -> str:
    """How long ago, in words."""
    return UNKNOWN if value is None else _("%s ago") % seconds(max(0.0, value))
