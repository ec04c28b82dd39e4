"""Parts that need not be read each second."""

import time
from collections.abc import Callable
from typing import Any


class Held:
    """The answer of `read`, at most `every_s` seconds old. What it raises is raised, and asked again the next time."""

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, read: Callable[[], Any], *, every_s: float) -> None:
        self._read = read
        self._every_s = every_s
        self._read_at: float | None = None
        self._value: Any = None

    def forget(self) -> None:
        """Ask again the next time."""
        self._read_at = None

    def __call__(self) -> Any:
        if self._read_at is None or self.clock() - self._read_at >= self._every_s:
            self._value, self._read_at = self._read(), self.clock()
        return self._value
