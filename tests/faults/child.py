"""A process of the system under test."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ljwx.up.lock import Lock
from ljwx.up.program import signal_group, spawn


class Child:
    """A process and what it starts, in a session of its own; it ends when this process is gone for any reason."""

    def __init__(self, argv: Sequence[str], *, log: Path, env: Mapping[str, str]) -> None:
        self.log = log
        self._lock = Lock(log.with_suffix(".lock"))
        self.process = spawn([sys.executable, *argv], log=log, env=env, lock=self._lock.descriptor)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def lives(self) -> bool:
        return self.process.poll() is None

    def children(self) -> list[int]:
        """The process ids of what it has started itself and lives."""
        threads = Path(f"/proc/{self.pid}/task").glob("*/children")
        return sorted(int(word) for thread in threads for word in thread.read_text().split())

    def kill(self) -> None:
        """SIGKILL to it and everything it has started."""
        signal_group(self.process, signal.SIGKILL)
        self.process.wait()
        self._close()

    def end(self) -> None:
        """SIGTERM, then SIGKILL to whatever is left after 15 s."""
        if self.lives:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
        self.kill()

    def _close(self) -> None:
        if self._lock.descriptor >= 0:
            os.close(self._lock.descriptor)
            self._lock.descriptor = -1


def lives(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    return _state(pid) not in {"Z", ""}


def is_stopped(pid: int) -> bool:
    """Whether SIGSTOP has arrived."""
    return _state(pid) == "T"


def _state(pid: int) -> str:
    """The letter of proc(5), empty when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return stat.rpartition(")")[2].split()[0]
