"""Times on the wire and in the tables. Canonical: epoch seconds, one-second resolution."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from ingest.values import Impossible

# Asia/Shanghai has had no other offset since 1991, and no time before 2015 is stored.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
OFFSET_S = 8 * 3600
EARLIEST = int(datetime(2015, 1, 1, tzinfo=SHANGHAI).timestamp())
AHEAD_S = 24 * 3600
LATEST = int(datetime(3000, 1, 1, tzinfo=SHANGHAI).timestamp())

CALENDAR = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?", re.ASCII)
EPOCH = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_ZERO = datetime(1970, 1, 1)


def parse(value: Any, *, now: float) -> int:
    """Epoch seconds of a wire time: `yyyy-MM-dd HH:mm:ss` in Shanghai, ISO 8601, or an epoch in s (10 digits) or
    ms (13 digits). Raises Impossible before 2015, more than 24 h after `now`, or for anything else."""
    moment = _local(value) if type(value) is str else None
    if moment is None:
        moment = _read(value)
    if moment > now + AHEAD_S:
        raise Impossible(f"timestamp: {_year(moment)} is in the future")
    if moment < EARLIEST:
        raise Impossible(f"timestamp: {_year(moment)} is before 2015")
    return moment


def _local(content: str) -> int | None:
    """A `yyyy-MM-dd HH:mm:ss`, the form of nearly all devices; None when it is another."""
    if (
        len(content) == 19
        and content[4] == content[7] == "-"
        and content[10] == " "
        and content[13] == content[16] == ":"
    ):
        try:
            since = datetime.fromisoformat(content) - _ZERO
        except ValueError:
            return None
        return since.days * 86400 + since.seconds - OFFSET_S
    return None


def _read(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Impossible(f"timestamp: {_shown(value)} is no time")
    content = value.strip() if isinstance(value, str) else _plain(value)
    return _epoch(content) if EPOCH.fullmatch(content) else _calendar(content)


def _plain(value: int | float) -> str:
    if isinstance(value, float) and not value.is_integer():
        return repr(value)
    try:
        return str(int(value))
    except (OverflowError, ValueError):
        return repr(value)


def _epoch(content: str) -> int:
    whole = content.partition(".")[0]
    if len(whole) == 10 and whole.isdigit():
        return int(whole)
    if len(whole) == 13 and whole.isdigit():
        return int(whole) // 1000
    raise Impossible(f"timestamp: {_shown(content)} is neither seconds (10 digits) nor milliseconds (13 digits)")


def _calendar(content: str) -> int:
    try:
        if not CALENDAR.fullmatch(content):
            raise ValueError(content)
        moment = datetime.fromisoformat(content)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=SHANGHAI)
        return int(moment.timestamp() // 1)
    except (ValueError, OverflowError) as error:
        raise Impossible(f"timestamp: {_shown(content)} is no time") from error


def _year(moment: int) -> str:
    try:
        return f"year {datetime.fromtimestamp(moment, SHANGHAI).year}"
    except (ValueError, OverflowError, OSError):
        return str(moment)


def _shown(value: Any) -> str:
    return "".join(c if c.isprintable() else "?" for c in str(value)[:40])


class Plain(str):
    """Text of our own making, digits and punctuation: it may stand in SQL as it is."""

    __slots__ = ()


# Devices send what they have just measured: a fleet's readings share their seconds, and a key is made three times.
@lru_cache(maxsize=1 << 15)
def local_text(moment: int) -> Plain:
    """Epoch seconds as the record tables hold them: naive Asia/Shanghai time. Raises OverflowError for a time of
    another age, which a reader with a zone can not take back out of its column."""
    if not 0 <= moment < LATEST:
        raise OverflowError(moment)
    return Plain((_ZERO + timedelta(seconds=moment + OFFSET_S)).isoformat(" "))


def local_date(moment: int) -> date:
    """The day of `moment` in Shanghai."""
    return (_ZERO + timedelta(seconds=moment + OFFSET_S)).date()


def monday(moment: int) -> date:
    """The Monday of the week of `moment` in Shanghai."""
    day = local_date(moment)
    return day - timedelta(days=day.weekday())


def epoch_of(local: str | datetime) -> int:
    """Epoch seconds of a record table's time, as a raw cursor returns it."""
    moment = datetime.fromisoformat(local) if isinstance(local, str) else local
    return int((moment - _ZERO).total_seconds()) - OFFSET_S


def aware(moment: int) -> datetime:
    """Epoch seconds as an aware datetime."""
    return datetime.fromtimestamp(moment, UTC)
