"""One supervised program: started, restarted with growing pauses, given up on, stopped."""

import math
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from django.utils.translation import gettext as _

from ljwx.pauses import doubled
from ljwx.up.program import Program, signal_group
from ljwx.up.refusal import FAILED, Refused

DEATHS = 5
DEATHS_WITHIN_S = 60.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0


class Child:
    """Keeps `program` running. One that has an end is left alone then."""

    def __init__(self, program: Program, *, start: Callable[[], subprocess.Popen[bytes]], log: Path) -> None:
        self.program = program
        self.log = log
        self._start = start
        self._process: subprocess.Popen[bytes] | None = start()
        self._deaths: list[float] = []
        self._due = 0.0

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def tend(self, now: float, *, must_live: bool = True) -> str:
        """Notice a death, or start again when it is time, after half a minute at most. Returns a line for the operator,
        or nothing. Of one that `must_live` it raises Refused at the fifth death within a minute.
        """
        if self._process is None:
            if now >= self._due:
                self._process = self._start()
            return ""
        code = self._process.poll()
        if code is None:
            return ""
        signal_group(self._process, signal.SIGTERM)
        self._process = None
        if self.program.ends:
            self._due = math.inf
            return _("%(name)s has ended with code %(code)s.") % {"name": self.program.name, "code": code}
        self._deaths = [*(death for death in self._deaths if now - death < DEATHS_WITHIN_S), now]
        facts = {"name": self.program.name, "code": code, "log": self.log, "deaths": len(self._deaths)}
        if must_live and len(self._deaths) >= DEATHS:
            raise Refused(_("%(name)s ended %(deaths)s times within a minute: see %(log)s") % facts, FAILED)
        pause = doubled(FIRST_PAUSE_S, len(self._deaths) - 1, longest_s=LONGEST_PAUSE_S)
        self._due = now + pause
        return _("%(name)s ended with code %(code)s and is started again in %(pause)s s: see %(log)s") % {
            **facts,
            "pause": f"{pause:g}",
        }

    def ask_to_stop(self) -> None:
        """SIGTERM to the program itself: it tells its own children in its own order."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        """SIGKILL to the program and its children; returns when it is gone."""
        if self._process is not None:
            signal_group(self._process, signal.SIGKILL)
            self._process.wait()
