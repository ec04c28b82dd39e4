"""One message of several alerts, and as much of it as fits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitoring.models import Notice, Severity

What = Notice.What
# Of one alert's text, so that one line fits into any message.
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Line:
    """What is told of one alert. `since`: when it began to fire; `until`: when it was over."""

    alert: int
    name: str
    group: str
    severity: str
    what: str
    text: str
    since: datetime
    until: datetime | None = None
    acknowledged_by: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """`more`: alerts that did not fit and follow; `number`: of its delivery; `test`: it tells of nothing."""

    lines: Sequence[Line]
    more: int = 0
    number: int = 0
    test: bool = False


def title(message: Message) -> str:
    """In one line: how many, and how bad. Begins with `[ljwx]`: a robot that asks for a keyword can be given that."""
    if message.test:
        return "[ljwx] " + _("test message")
    firing = [line for line in message.lines if line.what != What.RESOLVED]
    over = len(message.lines) - len(firing)
    critical = sum(line.severity == Severity.CRITICAL for line in firing)
    parts = [
        ngettext("%d alert", "%d alerts", len(firing)) % len(firing) if firing else "",
        _("%d critical") % critical if critical else "",
        _("%d resolved") % over if over else "",
    ]
    return "[ljwx] " + ", ".join(part for part in parts if part)


def body(message: Message) -> list[str]:
    """Its lines, the worst first."""
    if message.test:
        return [_("This channel works. Alerts will be told here.")]
    told = [_told(line) for line in message.lines]
    if message.more:
        told.append(ngettext("%d more alert follows.", "%d more alerts follow.", message.more) % message.more)
    return told


def _told(line: Line) -> str:
    what = What(line.what).label if line.what != What.FIRING else Severity(line.severity).label
    times = [f"{timezone.localtime(line.since):%m-%d %H:%M:%S}"]
    times += [f"{timezone.localtime(line.until):%m-%d %H:%M:%S}"] if line.until else []
    by = " · " + _("acknowledged by %s") % line.acknowledged_by if line.acknowledged_by else ""
    return f"{what} · {plain(line.text)} ({plain(line.name)}, {' – '.join(times)}{by})"


def fitted(message: Message, render: Callable[[Message], bytes], *, most: int) -> Message:
    """The message with as many of its lines, from the first, as `render` makes at most `most` bytes of; the others are
    counted in `more`. One line always is."""
    low, high = 1, len(message.lines)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(render(_cut(message, middle))) <= most else (low, middle - 1)
    return _cut(message, low)


def _cut(message: Message, count: int) -> Message:
    return replace(message, lines=message.lines[:count], more=max(0, len(message.lines) - count))


# Robots read Markdown and tags: what a device or an error message says must neither link nor call everybody.
_MARKUP = str.maketrans("<>[]*`#@\r\n\0", "＜＞［］＊'＃＠   ")


def plain(text: str) -> str:
    """Text of others without markup, in one line, at most 300 characters."""
    return text.translate(_MARKUP)[:LONGEST]
