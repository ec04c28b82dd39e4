"""Hours at which nothing raises a share by itself or by request: LJWX_FREEZE_HOURS."""

from collections.abc import Sequence
from datetime import datetime, time

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def is_frozen(moment: datetime) -> bool:
    """Whether `moment`, in local time, lies in one of the windows. A window may go over midnight; its end is free."""
    clock = moment.time()
    return any(
        begin <= clock < end if begin <= end else (clock >= begin or clock < end)
        for begin, end in windows(settings.FREEZE_HOURS)
    )


def windows(words: Sequence[str]) -> list[tuple[time, time]]:
    """`HH:MM-HH:MM` each. Raises ImproperlyConfigured."""
    found = []
    for word in words:
        begin, separator, end = word.partition("-")
        try:
            pair = time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())
        except ValueError as error:
            raise ImproperlyConfigured(f"LJWX_FREEZE_HOURS: {word!r} is no HH:MM-HH:MM") from error
        if not separator or pair[0] == pair[1]:
            raise ImproperlyConfigured(f"LJWX_FREEZE_HOURS: {word!r} is no HH:MM-HH:MM")
        found.append(pair)
    return found
