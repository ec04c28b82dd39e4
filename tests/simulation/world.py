"""The ports of a simulated system in one: its clock, its randomness, and whose turn it is."""

import random
from collections import Counter, deque
from collections.abc import Callable, Container, Sequence
from typing import Any

from greenlet import getcurrent, greenlet

from tests.simulation.fate import KILLS, Fate, Killed

START = 1_789_444_800.0  # 2026-09-15 12:00 in Shanghai
LONG_S = 61.0


class Process:
    """A process of the system, which lives again after each death. `body` runs for one life."""

    def __init__(self, world: "World", name: str, body: Callable[["Process"], None]) -> None:
        self.world = world
        self.name = name
        self.body = body
        self.dead = False
        self.resting = True
        self.idle = 0
        self.memory: dict[str, Any] = {}
        # How often others run before its next I/O: some hardly move while others get far.
        self.restless = world.random.choice((0.1, 0.3, 0.5, 0.8))
        self.life: greenlet | None = None

    def resume(self) -> None:
        """Let it run to its next pause; a dead one is started anew."""
        self.world.current = self
        if self.life is None:
            self.dead, self.idle, self.memory = False, 0, {}
            self.life = greenlet(self._live)
        self.world.enter(self)
        self.resting = False
        self.life.switch()
        if self.life.dead:
            self.life, self.resting = None, True

    def end(self) -> None:
        """Kill it where it stands."""
        if self.life is not None:
            self.dead = True
            self.resume()
            assert self.life is None, f"{self.name} lives on"

    def _live(self) -> None:
        try:
            self.body(self)
        except Killed:
            self.world.note("dies")
        except Exception as error:  # noqa: BLE001 - what a process dies of is a finding, not a fault of the simulation
            self.world.crash(self, error)
        finally:
            self.world.bury(self)


class World:
    """One run. Every choice comes from `seed`; the n-th fault does not happen when n is in `suppressed`."""

    def __init__(self, seed: int, *, suppressed: Container[int] = (), traced: bool = False) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.suppressed = suppressed
        self.now = START
        self.trace: list[str] | None = [] if traced else None
        self.counts: Counter[str] = Counter()
        self.crashes: list[str] = []
        self.late: deque[tuple[float, Callable[[], str], Callable[[], Any]]] = deque()
        self.enter: Callable[[Process], None] = lambda process: None
        self.leave: Callable[[], bool | None] = lambda: False
        self.back: Callable[[], None] = lambda: None
        self.bury: Callable[[Process], None] = lambda process: None
        self.current: Process | None = None
        self.faulty = True
        self.faults = 0
        self.rate = self.random.choice((0.0, 0.02, 0.05, 0.1, 0.2))
        self._main = getcurrent()

    def note(self, text: str | Callable[[], str]) -> None:
        """A line of the trace, made only when there is one."""
        if self.trace is not None:
            text = text if isinstance(text, str) else text()
            name = self.current.name if self.current else ""
            self.trace.append(f"{self.now - START:9.3f} {name:<10} {text}")

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def monotonic(self) -> float:
        return self.now - START + 1_000.0

    def rest(self, seconds: float = 0.0) -> None:
        """The end of a piece of work: as `pause`, but then nothing can be under way."""
        self.pause(seconds, resting=True)

    def pause(self, seconds: float = 0.0, *, resting: bool = False) -> None:
        """Let time pass and others run; a process that has died meanwhile goes no further."""
        process = self.current
        assert process is not None
        if process.dead:
            raise Killed
        self.now += seconds
        open_transaction = self.leave()
        if open_transaction is None:
            assert not resting, "a transaction was left open"
            return
        process.resting = resting
        self._main.switch()
        if process.dead:
            raise Killed
        if open_transaction:
            self.back()

    def point(self, what: str | Callable[[], str], fates: Sequence[Fate]) -> Fate:
        """One I/O of the current process: others may run first, and then its fate is drawn."""
        process = self.current
        assert process is not None
        if process.dead:
            raise Killed
        self.now += 0.001
        if self.random.random() < process.restless:
            self.pause()
        self.happen_late()
        if not self.faulty or self.random.random() >= self.rate:
            self.note(what)
            return Fate.FINE
        fate = fates[int(self.random.random() * len(fates))]
        if not self.fault(fate.value, what):
            return Fate.FINE
        if fate in KILLS:
            self.counts["kills"] += 1
        if fate is Fate.KILLED_BEFORE:
            self.die()
        return fate

    def fault(self, name: str, what: str | Callable[[], str] = "") -> bool:
        """The next fault of the run; whether it happens."""
        self.faults += 1
        happens = self.faults not in self.suppressed
        self.note(what)
        self.note(f"  ← fault {self.faults}: {name}{'' if happens else ' (suppressed)'}")
        if happens:
            self.counts["faults"] += 1
            self.counts[name] += 1
        return happens

    def die(self) -> None:
        """The current process dies here."""
        assert self.current is not None
        self.current.dead = True
        raise Killed

    def happen_late(self) -> None:
        """Effects whose time has come."""
        while self.late and (self.late[0][0] <= self.now or not self.faulty):
            _, what, effect = self.late.popleft()
            self.note(lambda what=what: f"  (late) {what()}")  # type: ignore[misc]
            effect()

    def crash(self, process: Process, error: Exception) -> None:
        """A process ended by an exception."""
        self.counts["crashes"] += 1
        self.note(f"crashes: {error!r}")
        self.crashes.append(f"{process.name} crashed: {type(error).__name__}: {error}")
