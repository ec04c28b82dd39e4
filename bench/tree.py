"""A child process and everything it starts: started, measured, ended by its id."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from ljwx.up.lock import Lock
from ljwx.up.program import signal_group, spawn


class Failed(Exception):
    """Raised when a process that is measured ended or never answered, with the end of its log."""


class Tree:
    """A process group of our own. It gets SIGTERM when this process is gone for any reason."""

    def __init__(self, name: str, argv: Sequence[str], *, log: Path) -> None:
        self.name = name
        self.log = log
        self.process = spawn(argv, log=log, env=os.environ, lock=Lock(log.with_suffix(".lock")).descriptor)

    def check(self) -> None:
        """Raise Failed when it has ended."""
        if self.process.poll() is not None:
            raise Failed(f"{self.name} ended with {self.process.returncode}:\n{self.tail()}")

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]

    def cpu_s(self) -> float:
        """Processor seconds that it and its living descendants have used."""
        return cpu_s(self.process.pid)

    def rss(self) -> int:
        """Bytes of memory in use, shared pages counted in every process."""
        return sum(process.memory_info().rss for process in family(self.process.pid))

    def end(self) -> None:
        """SIGTERM, SIGKILL after ten seconds; returns when it is gone."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        signal_group(self.process, signal.SIGKILL)
        self.process.wait()


def family(pid: int) -> Iterator[psutil.Process]:
    """The process `pid` and its descendants, as far as they live."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        yield process
        yield from process.children(recursive=True)


def cpu_s(pid: int) -> float:
    """Processor seconds of `pid` and its living descendants."""
    total = 0.0
    for process in family(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            used = process.cpu_times()
            total += used.user + used.system
    return total
