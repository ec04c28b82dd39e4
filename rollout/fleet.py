"""How many devices there are. Who keeps them tells how to count them; nothing in this layer has a table of them."""

from collections.abc import Callable

_count: Callable[[], int] | None = None


def register(count: Callable[[], int]) -> None:
    """Count devices by `count`, which may raise django.db.Error."""
    global _count
    _count = count


def size() -> int | None:
    """The devices that were ever seen; None when nobody counts them. Raises django.db.Error."""
    return None if _count is None else _count()
