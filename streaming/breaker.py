"""Spares uploads the time-out while Redis does not answer."""

import logging
import threading
import time
from collections.abc import Callable

from ljwx.pauses import doubled

log = logging.getLogger(__name__)

FIRST_S = 0.25
LONGEST_S = 4.0


class Breaker:
    """Closed, everybody may try. A failure opens it: nobody may for a quarter of a second, after each further failure
    for twice as long, up to four. Then one caller may try, and everybody again once that has succeeded.

    Only silence counts as a failure, time-outs and broken connections: an answer, even a refusal, costs no time.
    """

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether a try would be in vain at this moment."""
        return self._failures > 0 and self.clock() < self._until

    def allows(self) -> bool:
        """Whether the caller may try now; it must then tell how it ended."""
        if not self._failures:
            return True
        with self._lock:
            now = self.clock()
            if now < self._until:
                return False
            self._until = now + self._pause()
            return True

    def failed(self) -> None:
        """Redis did not answer."""
        with self._lock:
            self._failures += 1
            self._until = self.clock() + self._pause()
            first = self._failures == 1
        if first:
            log.warning("Redis does not answer: uploads go the legacy path until it does")

    def succeeded(self) -> None:
        """Redis has answered."""
        if self._failures:
            with self._lock:
                self._failures = 0
            log.warning("Redis answers again")

    def _pause(self) -> float:
        return doubled(FIRST_S, self._failures - 1, longest_s=LONGEST_S)


# Of this process: every way of appending tells it, every choice of a path asks it.
current = Breaker()
