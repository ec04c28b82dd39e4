"""A plan that takes longer than a backup is young: a new one is taken beside the rounds."""

import logging
import threading

from django.db import Error, close_old_connections

from rollout import backups

log = logging.getLogger(__name__)

# The item of the pre-flight that this mends.
BACKUP = "backup"


class Renewal:
    """Takes one backup at a time in a thread of its own: a round must not wait for it, nor a lease end meanwhile."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def ask(self, *, event: str, actor: str) -> None:
        """Have a verified backup that is recent; nothing when one is being taken already."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._thread = threading.Thread(target=_take, args=(event, actor), name="backup", daemon=True)
        self._thread.start()


def _take(event: str, actor: str) -> None:
    try:
        found = backups.ensure_recent(event=event, actor=actor)
        log.warning("backup %s is %s %s", found.event, found.status, found.error)
    except Error as error:
        log.warning("no backup is taken, the database does not answer: %s", error)
    finally:
        close_old_connections()
