"""Keeps consumer processes alive under stable names."""

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import redis
from django.conf import settings

from ljwx.stopping import Stop
from streaming import retention
from streaming.registry import Kind
from streaming.slots import Slots

log = logging.getLogger(__name__)

TICK_S = 0.2
RENEW_EVERY_S = 1.0
TRIM_EVERY_S = 10.0
GRACE_S = 30.0
LONGEST_BACKOFF_S = 10.0
STEADY_S = 30.0


@dataclass(slots=True)
class Worker:
    """One consumer process and its slot."""

    name: str
    kinds: Sequence[Kind]
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    deaths: int = 0
    start_after: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Runs `workers` consumer processes: restarts the dead with backoff, renews slots, trims streams.

    With more than one worker the first serves the most urgent kinds alone, so that an SOS never waits behind bulk
    data. SIGTERM goes to every child, which finishes its batch; what has not ended after 30 s is killed, and its
    entries stay pending.
    """

    workers: int
    kinds: Sequence[Kind]
    batch_size: int
    connection: redis.Redis
    clock: Callable[[], float] = field(default=time.monotonic)
    children: list[Worker] = field(default_factory=list)
    _renewed_at: float | None = None
    _trimmed_at: float | None = None

    def run(self, stopping: Stop) -> None:
        """Supervise until `stopping`, then end every child."""
        slots = Slots(self.connection)
        try:
            while not stopping.is_set():
                try:
                    self.step(slots)
                except redis.RedisError as error:
                    log.warning("supervisor waits for Redis: %s", error)
                    stopping.wait(1)
                stopping.wait(TICK_S)
        finally:
            self.stop(slots)

    def step(self, slots: Slots) -> None:
        """Take missing slots, start or restart what is not running, renew, trim. Raises redis.RedisError."""
        now = self.clock()
        while len(self.children) < self.workers:
            name = slots.take({child.name for child in self.children})
            self.children.append(Worker(name, self._kinds_of(len(self.children))))
        for child in self.children:
            self._revive(child, now)
        if self._renewed_at is None or now - self._renewed_at >= RENEW_EVERY_S:
            self._renewed_at = now
            self._renew(slots)
        if self._trimmed_at is None or now - self._trimmed_at >= TRIM_EVERY_S:
            self._trimmed_at = now
            for kind in self.kinds:
                retention.trim(self.connection, kind)

    def stop(self, slots: Slots) -> None:
        """SIGTERM to all, wait, SIGKILL what is left, release the slots."""
        running = [child.process for child in self.children if child.process and child.process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("consumer %d did not end in %.0f s and is killed", process.pid, GRACE_S)
                process.kill()
                process.wait()
        try:
            for child in self.children:
                slots.release(child.name)
        except redis.RedisError as error:
            log.info("slots expire by themselves: %s", error)
        self.children.clear()

    def _kinds_of(self, index: int) -> list[Kind]:
        urgent = min(kind.priority for kind in self.kinds)
        if self.workers > 1 and index == 0:
            return [kind for kind in self.kinds if kind.priority == urgent]
        return list(self.kinds)

    def _revive(self, child: Worker, now: float) -> None:
        if child.process and child.process.poll() is None:
            if child.deaths and now - child.started_at > STEADY_S:
                child.deaths = 0
            return
        if child.process:
            child.deaths += 1
            child.start_after = now + min(LONGEST_BACKOFF_S, 0.1 * 2**child.deaths)
            log.warning("consumer %s ended with %s, restart %d", child.name, child.process.returncode, child.deaths)
            child.process = None
        if now >= child.start_after:
            child.process = subprocess.Popen(self._command(child))
            child.started_at = now
            log.info("consumer %s started, pid %d", child.name, child.process.pid)

    def _command(self, child: Worker) -> list[str]:
        return [
            sys.executable,
            str(settings.BASE_DIR / "manage.py"),
            "run_consumers",
            f"--slot={child.name}",
            f"--kinds={','.join(kind.name for kind in child.kinds)}",
            f"--batch-size={self.batch_size}",
        ]

    def _renew(self, slots: Slots) -> None:
        for child in list(self.children):
            if not slots.hold(child.name):
                log.error("slot %s was taken by another supervisor; its consumer ends", child.name)
                if child.process and child.process.poll() is None:
                    child.process.send_signal(signal.SIGTERM)
                    child.process.wait(GRACE_S)
                self.children.remove(child)
