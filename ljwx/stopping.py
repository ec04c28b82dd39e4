"""How a daemon hears that it should end."""

import os
import select
import signal
from typing import Protocol


class Stop(Protocol):
    """What a loop needs of its stop flag; `threading.Event` is one too."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float) -> bool: ...


class Stopping:
    """Set by the first SIGTERM or SIGINT, which lets the work under way finish; the second leaves at once.

    With `follow_parent` it is also set when the parent process is gone, so that no child outlives its supervisor.
    A pipe and not a threading.Event: setting one inside a signal handler can deadlock with its own wait.
    """

    def __init__(self, *, follow_parent: bool = False) -> None:
        self._told = False
        self._parent = os.getppid() if follow_parent else None
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._heard)

    def _heard(self, number: int, frame: object) -> None:
        if self._told:
            os._exit(128 + number)
        self._told = True
        os.write(self._write, b"!")

    def is_set(self) -> bool:
        return self._told or (self._parent is not None and os.getppid() != self._parent)

    def wait(self, timeout: float) -> bool:
        """Sleep `timeout` seconds or until told, whichever is first; True when told."""
        if not self.is_set():
            select.select([self._read], [], [], timeout)
        return self.is_set()
