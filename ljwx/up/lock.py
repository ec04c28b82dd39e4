"""Locks that end with the processes that hold them."""

import fcntl
import os
from pathlib import Path


class Lock:
    """An advisory lock on the file `path`. The kernel frees it when the last process that holds it is gone.

    A child that inherits `descriptor` holds it too.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def take(self) -> bool:
        """Whether it is ours now. The file then says which process took it."""
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, str(os.getpid()).encode(), 0)
        return True

    def holder(self) -> str:
        """The process id of the one that took it, as it wrote it down."""
        return self.path.read_text(encoding="ascii")
