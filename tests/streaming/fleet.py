"""Supervisors whose workers are plain processes, a clock to turn, and the number of consumers as the tests set it."""

import subprocess
from collections.abc import Callable, Sequence

from ljwx.redis import client
from streaming import registry
from streaming.registry import Kind
from streaming.seats import SharedSeats
from streaming.slots import Slots
from streaming.supervisor import Supervisor
from streaming.worker import Process
from tests.clock import Clock


def sleeping() -> Process:
    """A process that lives for a minute, unless it is told to end."""
    return subprocess.Popen(["sleep", "60"])


def stubborn() -> Process:
    """A process that finishes a very long batch: it ignores SIGTERM when this returns."""
    process = subprocess.Popen(["sh", "-c", "trap '' TERM; echo; while :; do sleep 1; done"], stdout=subprocess.PIPE)
    assert process.stdout
    with process.stdout as pipe:
        pipe.readline()
    return process


class Host:
    """One host's supervisor: `step()` is a second later each time."""

    def __init__(self, name: str, desired: Callable[[], int], spawn: Callable[[], Process] = sleeping) -> None:
        self.clock = Clock()
        connection = client("control")
        self.slots = Slots(connection, host=name)
        self.seats = SharedSeats(connection, host=name, token=self.slots.token, desired=desired)
        self.seats.clock = self.clock
        self.started: list[tuple[str, list[str]]] = []
        host = self

        class Spawning(Supervisor):
            def spawn(self, name: str, kinds: Sequence[Kind]) -> Process:
                host.started.append((name, [kind.name for kind in kinds]))
                return spawn()

        self.supervisor = Spawning(
            seats=self.seats, slots=self.slots, kinds=registry.kinds(), batch_size=200, connection=connection
        )
        self.supervisor.clock = self.clock

    def step(self) -> None:
        self.clock.now += 1
        self.supervisor.step()

    def settle(self) -> None:
        """Step until nothing is on its way out."""
        for worker in self.supervisor.workers:
            if worker._told_at is not None and worker._process:
                worker._process.wait(10)
        self.step()

    def end(self) -> None:
        """Kill what is left."""
        for worker in self.supervisor.workers:
            if worker._process:
                worker._process.kill()
                worker._process.wait()

    @property
    def seated(self) -> list[int]:
        return sorted(worker.seat for worker in self.supervisor.workers if worker._told_at is None)

    @property
    def names(self) -> list[str]:
        return [worker.name for worker in self.supervisor.workers]
