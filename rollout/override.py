"""The share that holds whatever the routes say: the way back that needs no database.

`STREAM_FORCE_PERCENTAGE` in the environment of a web process, or a file of that name in its data folder, which is read
each half second and wins. A content that is no percentage is 0: on any doubt the legacy path.
"""

import logging
from decimal import Decimal, InvalidOperation

from django.conf import settings

from ljwx.background import Refreshed
from monitoring import processes

log = logging.getLogger(__name__)

NAME = "STREAM_FORCE_PERCENTAGE"
# What a process reports it under.
FACT = "forced"


def percentage(text: str) -> Decimal:
    """The percentage in `text`, 0 when it is none."""
    try:
        found = Decimal(text.strip().removesuffix("%").strip())
    except InvalidOperation:
        found = Decimal(-1)
    if not (found.is_finite() and 0 <= found <= 100):
        return Decimal(0)
    return found


def load() -> Decimal | None:
    """The forced percentage, None when nothing is forced."""
    try:
        text = (settings.VAR_DIR / NAME).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = settings.STREAM_FORCE_PERCENTAGE
    found = percentage(text) if text.strip() else None
    _tell(found)
    return found


_told: Decimal | None = None


def _tell(found: Decimal | None) -> None:
    global _told
    if found != _told:
        log.warning("the share of the stream is %s", "as the routes say" if found is None else f"forced to {found} %")
        _told = found


# A file that can not be read leaves the last word in force.
current: Refreshed[Decimal | None] = Refreshed("the override", load, initial=None, errors=(OSError,))


def forced() -> str | None:
    """The percentage that this process is forced to, as text; None when it goes by its routes."""
    return None if current.held is None else str(current.held)


processes.describe(FACT, forced)
