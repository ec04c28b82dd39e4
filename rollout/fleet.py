"""What is known of the devices: how many there are, and their firmware. Who keeps them tells; nothing in this layer has
a table of them."""

from collections.abc import Callable, Mapping, Sequence

Count = Callable[[], int]
Firmware = Callable[[Sequence[str]], Mapping[str, str]]

_count: Count | None = None
_firmware: Firmware | None = None


def register(count: Count, *, firmware: Firmware | None = None) -> None:
    """Count devices by `count` and know their firmware by `firmware`, which may raise django.db.Error."""
    global _count, _firmware
    _count, _firmware = count, firmware


def size() -> int | None:
    """The devices that were ever seen; None when nobody counts them. Raises django.db.Error."""
    return None if _count is None else _count()


def firmware(serials: Sequence[str]) -> Mapping[str, str]:
    """The present firmware of those of `serials` (at most 2,000) that have said it. Raises django.db.Error."""
    return {} if _firmware is None or not serials else _firmware(serials)
