"""Messages whose bytes are known."""

from datetime import UTC, datetime

from monitoring.notifiers.message import Line, Message

SINCE = datetime(2026, 11, 28, 4, 0, 0, tzinfo=UTC)
UNTIL = datetime(2026, 11, 28, 4, 5, 30, tzinfo=UTC)


def line(number: int = 7, *, what: str = "firing", text: str = "No consumer is alive.", **more: str) -> Line:
    fields = {"name": "no_consumers", "group": "consumers", "severity": "critical", **more}
    return Line(alert=number, what=what, text=text, since=SINCE, until=UNTIL if what == "resolved" else None, **fields)


ONE = Message([line()], number=3)
