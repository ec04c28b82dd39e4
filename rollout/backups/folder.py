"""The folder of one backup: readable by its owner alone, and complete or not there."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from ljwx import failpoints

READY = "backup_"
WORK = ".taking_"


def fresh(now: datetime) -> Path:
    """Where a backup that begins `now` will be: no other has this path."""
    return Path(settings.BACKUP_DIR) / f"{READY}{now.astimezone(UTC):%Y%m%dT%H%M%SZ}_{secrets.token_hex(4)}"


@contextlib.contextmanager
def building(path: Path) -> Iterator[Path]:
    """A folder to fill. It becomes `path`, on the disk for good, when the body ends, and goes when it raises.

    Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    work = path.parent / (WORK + path.name)
    work.mkdir(mode=0o700)
    try:
        yield work
        sync(work)
        failpoints.reach("backup.written")
        work.rename(path)
        sync(path.parent)
    finally:
        # Nothing is left of it once it is renamed.
        shutil.rmtree(work, ignore_errors=True)


def create(path: Path) -> int:
    """A descriptor to write a new file, readable by its owner alone. Raises OSError."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def sync(folder: Path) -> None:
    """The names in `folder` are on the disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
