"""One consumer process: kept running, slowed down when it crashes in a loop, drained."""

import logging
import signal
import subprocess
from collections.abc import Callable, Sequence
from enum import StrEnum

from django.utils.translation import gettext as _

from monitoring import alarms
from streaming.registry import Kind

log = logging.getLogger(__name__)

Process = subprocess.Popen[bytes]

DEATHS = 5
DEATHS_WITHIN_S = 60.0
FIRST_PAUSE_S = 0.2
BROKEN_PAUSE_S = 60.0
STEADY_S = 30.0
GRACE_S = 30.0


class State(StrEnum):
    """*waiting*: between a death and the next start. *broken*: in a crash loop. *draining*: told to end."""

    RUNNING = "running"
    WAITING = "waiting"
    BROKEN = "broken"
    DRAINING = "draining"


class Worker:
    """A consumer process in a seat, under a stable name.

    A death is followed by a growing pause. The fifth within a minute breaks the circuit: an alarm, and one start a
    minute until a process has lived for half a minute. Drained, it has 30 s to finish its batch; what is killed then
    leaves its entries pending, for others to claim.
    """

    def __init__(self, *, name: str, seat: int, kinds: Sequence[Kind], start: Callable[[], Process]) -> None:
        self.name = name
        self.seat = seat
        self.kinds = kinds
        self.restarts = 0
        self.exit_code: int | None = None
        self._start = start
        self._process: Process | None = None
        self._started_at = 0.0
        self._start_at = 0.0
        self._deaths: list[float] = []
        self._steady = self._broken = False
        self._told_at: float | None = None

    @property
    def state(self) -> State:
        if self._told_at is not None:
            return State.DRAINING
        if self._broken:
            return State.BROKEN
        return State.WAITING if self._process is None else State.RUNNING

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._process.pid if self._process else None

    @property
    def ended(self) -> bool:
        """Whether it was told to end and has."""
        return self._told_at is not None and self._process is None

    def tend(self, now: float) -> None:
        """Notice a death, start again when it is time, kill what does not end in its time."""
        if self._process is None:
            if self._told_at is None and now >= self._start_at:
                self._begin(now)
        elif (code := self._process.poll()) is not None:
            self._process = None
            if self._told_at is None:
                self._died(code, now)
        elif self._told_at is not None:
            if now - self._told_at > GRACE_S:
                log.warning("consumer %s did not end in %.0f s and is killed", self.name, GRACE_S)
                self._process.kill()
        elif not self._steady and now - self._started_at >= STEADY_S:
            self._steady, self._broken, self._deaths = True, False, []
            alarms.clear(self._alarm)

    def drain(self, now: float) -> None:
        """Tell it to finish its batch and end; told again it changes nothing."""
        if self._told_at is None:
            self._told_at = now
            if self._process:
                self._process.send_signal(signal.SIGTERM)
            if self._broken:
                alarms.clear(self._alarm)

    @property
    def _alarm(self) -> str:
        return f"crashloop:{self.name}"

    def _begin(self, now: float) -> None:
        self._started_at, self._steady = now, False
        self._process = self._start()
        log.info("consumer %s started, pid %d, seat %d", self.name, self._process.pid, self.seat)

    def _died(self, code: int, now: float) -> None:
        self.restarts, self.exit_code = self.restarts + 1, code
        self._deaths = [*(death for death in self._deaths if now - death < DEATHS_WITHIN_S), now]
        count = len(self._deaths)
        if count >= DEATHS or self._broken:
            self._broken = True
            self._start_at = now + BROKEN_PAUSE_S
            facts = {"name": self.name, "seconds": BROKEN_PAUSE_S, "code": code}
            text = _(
                "Consumer %(name)s ends again and again, last with code %(code)d. It is started once in %(seconds)d s."
            )
            alarms.sound(self._alarm, text % facts)
        else:
            self._start_at = now + FIRST_PAUSE_S * 2 ** (count - 1)
        log.warning("consumer %s ended with %d, next start in %.1f s", self.name, code, self._start_at - now)
