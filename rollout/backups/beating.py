"""The sign of life of whoever works with a backup, so that its place can be taken when it has died."""

import time
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from rollout.models import Backup

Beat = Callable[[], None]
EVERY_S = 2.0
SILENT = timedelta(seconds=30)


def of(backup_id: int, *, clock: Callable[[], float] = time.monotonic) -> Beat:
    """Tells that somebody works with this backup; as often as one likes, it writes every two seconds at most.

    It raises django.db.Error.
    """
    last: list[float] = []

    def beat() -> None:
        if not last or clock() - last[0] >= EVERY_S:
            last[:] = [clock()]
            Backup.objects.filter(pk=backup_id).update(beat_at=timezone.now())

    return beat


def silent() -> None:
    """For a backup that nobody else can want."""
