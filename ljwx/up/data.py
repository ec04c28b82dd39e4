"""The data folder, and how it is emptied."""

import shutil
from pathlib import Path

from django.utils.translation import gettext as _

from ljwx.up.refusal import ENVIRONMENT, Refused

LEAST_FREE = 32 << 20
DATABASE = ("ljwx.sqlite3", "ljwx.sqlite3-wal", "ljwx.sqlite3-shm", "ljwx.sqlite3-journal")
NAMES = (*DATABASE, "redis", "log", "admin_password", "up.env")


def check_room(folder: Path) -> None:
    """Raises Refused when the disk of `folder` is full: neither Redis nor the database would start."""
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        facts = {"free": free >> 20, "folder": folder}
        raise Refused(_("Only %(free)s MB are free for the data in %(folder)s: make room first.") % facts, ENVIRONMENT)


def delete(folder: Path) -> None:
    """Delete the database, the Redis data, the logs and the admin's password in `folder`, and nothing else there."""
    for name in NAMES:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
