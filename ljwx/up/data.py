"""The data folder, and how it is emptied."""

import shutil
from pathlib import Path

DATABASE = ("ljwx.sqlite3", "ljwx.sqlite3-wal", "ljwx.sqlite3-shm", "ljwx.sqlite3-journal")
NAMES = (*DATABASE, "redis", "log", "admin_password", "up.env")


def delete(folder: Path) -> None:
    """Delete the database, the Redis data, the logs and the admin's password in `folder`, and nothing else there."""
    for name in NAMES:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
