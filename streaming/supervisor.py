"""Keeps the consumer processes of one host as many as they should be."""

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from threading import Event

import redis
from django.conf import settings

from ljwx.stopping import Stop
from streaming import names, reports, retention
from streaming.manager import get_consumer_manager
from streaming.registry import Kind
from streaming.seats import Seats
from streaming.slots import Slots
from streaming.worker import Process, State, Worker

__all__ = ["Supervisor", "get_consumer_manager"]

log = logging.getLogger(__name__)

TICK_S = 0.2
CONVERGE_EVERY_S = 1.0
TRIM_EVERY_S = 10.0
# In this seat the most urgent kinds are served alone, so that an SOS never waits behind bulk data. It is the second:
# the first serves everything, so nobody changes what it serves when consumers come or go.
URGENT_SEAT = 2


class Supervisor:
    """Has one worker in each seat that `seats` gives it, restarts the dead, drains those without a seat.

    While Redis is away the workers stay as they are. A worker that must go finishes its batch; its seat and its name
    are free only after it has ended. SIGTERM drains all of them. A supervisor that is killed leaves no worker: they
    follow it, its seats and names expire, and other supervisors take them.
    """

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(
        self, *, seats: Seats, slots: Slots, kinds: Sequence[Kind], batch_size: int, connection: redis.Redis
    ) -> None:
        self.seats = seats
        self.slots = slots
        self.kinds = kinds
        self.batch_size = batch_size
        self.connection = connection
        self.workers: list[Worker] = []
        self._converged_at: float | None = None
        self._trimmed_at: float | None = None

    def run(self, stopping: Stop) -> None:
        """Supervise until `stopping`, then drain every worker. An error that nobody thought of leaves them at work."""
        try:
            while not stopping.is_set():
                try:
                    self.step()
                except redis.RedisError as error:
                    log.warning("supervisor waits for Redis: %s", error)
                    stopping.wait(1)
                except Exception:  # the top of a process without which all workers end
                    log.exception("the supervisor can not look after its workers now")
                    stopping.wait(1)
                stopping.wait(TICK_S)
        finally:
            self.stop()

    def step(self) -> None:
        """Look after every worker; each second converge; every ten seconds trim. Raises redis.RedisError."""
        now = self.clock()
        for worker in self.workers:
            worker.tend(now)
        # First: trimming is what makes room in a Redis that is too full for the rest.
        if self._trimmed_at is None or now - self._trimmed_at >= TRIM_EVERY_S:
            self._trimmed_at = now
            retention.relieve(self.connection, self.kinds)
            for kind in self.kinds:
                retention.trim(self.connection, kind)
                names.sweep(self.connection, kind)
        for worker in [worker for worker in self.workers if worker.ended]:
            self._remove(worker)
        if self._converged_at is None or now - self._converged_at >= CONVERGE_EVERY_S:
            self._converged_at = now
            self._converge(now)

    def stop(self) -> None:
        """Drain every worker, kill after half a minute what has not ended, give seats and names back."""
        pause = Event()
        for worker in self.workers:
            worker.drain(self.clock())
        while any(not worker.ended for worker in self.workers):
            pause.wait(0.05)
            for worker in self.workers:
                worker.tend(self.clock())
        try:
            for worker in self.workers:
                self._give_back(worker)
            self.seats.leave()
        except redis.RedisError as error:
            log.info("seats and names expire by themselves: %s", error)
        self.workers.clear()

    def _converge(self, now: float) -> None:
        seats = self.seats.claim([worker.seat for worker in self.workers])
        for worker in self.workers:
            if not self.slots.hold(worker.name):
                log.error("slot %s was taken by another supervisor; its consumer ends", worker.name)
                worker.drain(now)
            elif worker.seat not in seats and worker.state is not State.DRAINING:
                log.info("consumer %s has no seat any more and ends after its batch", worker.name)
                worker.drain(now)
        for seat in sorted(seats - {worker.seat for worker in self.workers}):
            name = self.slots.take({worker.name for worker in self.workers})
            worker = self._worker(name, seat)
            self.workers.append(worker)
            worker.tend(now)
        reports.tell(self.connection, self.slots.host, self.workers, shared=self.seats.shared)

    def _remove(self, worker: Worker) -> None:
        """A worker that was told to end and has: others may have its seat, and its name leaves the groups."""
        self._give_back(worker)
        for kind in self.kinds:
            if not names.forget(self.connection, kind, worker.name):
                log.warning("%s has left %s entries pending: others claim them", worker.name, kind.name)
        self.workers.remove(worker)
        log.info("consumer %s has ended, seat %d", worker.name, worker.seat)

    def _give_back(self, worker: Worker) -> None:
        self.seats.release(worker.seat)
        self.slots.release(worker.name)
        reports.withdraw(self.connection, worker.name)

    def _worker(self, name: str, seat: int) -> Worker:
        kinds = self.kinds
        if seat == URGENT_SEAT:
            urgent = min(kind.priority for kind in kinds)
            kinds = [kind for kind in kinds if kind.priority == urgent]
        return Worker(name=name, seat=seat, kinds=kinds, start=lambda: self.spawn(name, kinds))

    def spawn(self, name: str, kinds: Sequence[Kind]) -> Process:
        """Start the consumer process called `name`."""
        command = [
            sys.executable,
            str(settings.BASE_DIR / "manage.py"),
            "run_consumers",
            f"--slot={name}",
            f"--kinds={','.join(kind.name for kind in kinds)}",
            f"--batch-size={self.batch_size}",
        ]
        return subprocess.Popen(command)
