"""How devices write a time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ingest.simulator.dice import Dice

SHANGHAI = ZoneInfo("Asia/Shanghai")


def plain(at: int, dice: Dice) -> str:
    """`yyyy-MM-dd HH:mm:ss`, no zone: Asia/Shanghai."""
    return datetime.fromtimestamp(at, SHANGHAI).isoformat(" ")[:19]


def milliseconds(at: int, dice: Dice) -> int:
    """An epoch in milliseconds, with a fraction that a second does not keep."""
    return at * 1000 + dice.below(1000)


def any_of_them(at: int, dice: Dice) -> str | int:
    """Epoch seconds or milliseconds, as number or string, or ISO 8601 with an offset."""
    case = dice.below(6)
    if case == 0:
        return at
    if case == 1:
        return str(at)
    if case == 2:
        return str(milliseconds(at, dice))
    if case == 3:
        return datetime.fromtimestamp(at, SHANGHAI).isoformat()
    if case == 4:
        return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
    return milliseconds(at, dice)
