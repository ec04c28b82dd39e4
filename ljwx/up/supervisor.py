"""Several children under one roof."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from django.utils.translation import gettext as _

from ljwx.up.child import Child
from ljwx.up.lock import Lock
from ljwx.up.program import Program, spawn
from ljwx.up.refusal import FAILED, Refused
from ljwx.up.signals import Signals

TICK_S = 0.1
READY_WITHIN_S = 120.0


class Stopped(Exception):
    """Raised when the operator asked to stop."""


class Supervisor:
    """Starts programs in the order given and stops them in the reverse order, each when the one before it is gone.

    A child that dies is started again. Five deaths within a minute end everything while it starts, and later those of a
    vital one alone: without consumers, a controller or Redis uploads are still taken. Whatever way this process ends,
    its children get SIGTERM.
    """

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, *, signals: Signals, lock: Lock, logs: Path, say: Callable[[str], None]) -> None:
        self.signals = signals
        self.lock = lock
        self.logs = logs
        self.say = say
        self._children: list[Child] = []
        self._starting = True

    def log(self, name: str) -> Path:
        """Where the output of the program `name` goes."""
        return self.logs / f"{name}.log"

    def run(self, name: str, argv: Sequence[str | Path], env: Mapping[str, str]) -> None:
        """Run a command to its end. Raises Refused when it fails, Stopped when the operator asks to stop."""
        log = self.log(name)
        process = spawn(argv, log=log, env=env, lock=self.lock.descriptor)
        try:
            while process.poll() is None:
                self.step()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        if process.returncode:
            last = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
            facts = {"name": name, "log": log, "last": last}
            raise Refused(_("%(name)s failed (%(last)s): see %(log)s") % facts, FAILED)

    def start(self, program: Program, env: Mapping[str, str]) -> None:
        """Start `program` and keep it running, unless it has an end."""
        log = self.log(program.name)
        output = None if program.ends else log
        self._children.append(
            Child(
                program,
                start=lambda: spawn(program.argv, log=output, env=env, lock=self.lock.descriptor),
                log=log,
            )
        )

    def until_ready(self) -> None:
        """Return when every child is ready. Raises Refused after two minutes, Stopped when asked to stop."""
        deadline = self.clock() + READY_WITHIN_S
        for child in self._children:
            while not (child.alive and child.program.ready()):
                if self.clock() > deadline:
                    facts = {"name": child.program.name, "log": child.log}
                    raise Refused(_("%(name)s is not ready: see %(log)s") % facts, FAILED)
                self.step()

    def watch(self) -> None:
        """Keep the children running until Stopped, or until Refused because one of them can not be kept."""
        self._starting = False
        while True:
            self.step(1.0)

    def step(self, seconds: float = TICK_S) -> None:
        """Wait a little, then look after every child once."""
        if self.signals.stops:
            raise Stopped
        self.signals.wait(seconds)
        if self.signals.stops:
            raise Stopped
        for child in self._children:
            if line := child.tend(self.clock(), must_live=self._starting or child.program.vital):
                self.say(line)

    def stop(self) -> None:
        """Stop the children, the last first. Another request to stop, or too long a wait, kills what is left."""
        asked = self.signals.stops
        for child in reversed(self._children):
            child.ask_to_stop()
            deadline = self.clock() + child.program.patience
            while child.alive and self.signals.stops == asked and self.clock() < deadline:
                self.signals.wait(TICK_S)
            if child.alive:
                self.say(_("%(name)s is killed.") % {"name": child.program.name})
            child.kill()
        self._children.clear()
