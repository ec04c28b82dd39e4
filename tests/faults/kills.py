"""Consumers killed at named places, again and again, under one load."""

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import cycle

from ingest.simulator.dice import Dice
from ljwx.redis import client
from streaming import budget
from tests.faults import poison, trial
from tests.faults.nursery import Nursery
from tests.faults.row import PROCESS, ROWS, Row
from tests.faults.scene import CLAIM_IDLE_MS, Scene
from tests.faults.trial import Outcome

PLACES = (
    "consumer.read", "consumer.before_sql", "consumer.committed", "consumer.acked", "consumer.bisecting",
    "consumer.claiming",
)  # fmt: skip
CLAIMING, BISECTING = PLACES[-1], PLACES[-2]
LEAVES = {*PLACES[:3], BISECTING}  # where entries stay pending for certain
ANY = "any moment"
MEMBERS = 2
LONGEST_S = 2.0  # a consumer that has not come to its place by then is killed where it is
RIPE_S = CLAIM_IDLE_MS / 1000 + 0.1
POISON_EVERY_S = 0.5


@dataclass(slots=True)
class Member:
    """One consumer that is to die at `place`."""

    name: str
    place: str
    pid: int
    since: float


@dataclass(slots=True)
class Crew:
    """Keeps `MEMBERS` consumers running, each armed anew; `killed` counts by place.

    The bench starts them itself, for the children of a supervisor would all inherit one place. Some come back under
    their name and find their own entries; others do not, and the next one claims what they had.
    """

    nursery: Nursery
    scene: Scene
    dice: Dice
    killed: Counter[str]
    members: list[Member] = field(default_factory=list)
    places: Iterator[str] = field(default_factory=lambda: cycle(PLACES[:-1]))
    poisons: int = 0
    _claims: bool = False
    _poisoned_at: float = 0.0

    def step(self) -> None:
        """Count who has died and start another in its stead; now and then a poisoned entry."""
        while len(self.members) < MEMBERS:
            self.members.append(self._start(self.scene.name(), next(self.places)))
        for index, member in enumerate(self.members):
            if self._has_died(member):
                self._claims = self._claims or member.place == BISECTING
                if self._claims and member.place in LEAVES:
                    # Nobody else may start before what this one leaves is idle for long enough to be claimed.
                    self._claims = False
                    self.scene.wait(RIPE_S)
                    self.members[index] = self._start(self.scene.name(), CLAIMING)
                else:
                    name = member.name if self.dice.chance(0.6) else self.scene.name()
                    self.members[index] = self._start(name, next(self.places))
        if time.monotonic() - self._poisoned_at > POISON_EVERY_S:
            self.poison()

    def poison(self) -> None:
        """Put a poisoned entry into a stream."""
        poison.put(self.scene.prefix, self.poisons)
        self.poisons += 1
        self._poisoned_at = time.monotonic()

    def _has_died(self, member: Member) -> bool:
        """Fails when it has ended in any other way."""
        code = self.nursery.ended.get(member.pid)
        if code is None:
            if time.monotonic() - member.since < LONGEST_S:
                return False
            with contextlib.suppress(ProcessLookupError):  # it has come to its place just now
                os.kill(member.pid, signal.SIGKILL)
            member.place, code = ANY, self.scene.until(lambda: self.nursery.ended.get(member.pid))
        assert code == -signal.SIGKILL, f"{member.name} ended with {code}: {self.nursery.tail()}"
        self.killed[member.place] += 1
        return True

    def _start(self, name: str, place: str) -> Member:
        if place == BISECTING:
            self.poison()
        count = 1 if place in (CLAIMING, BISECTING) else self.dice.between(1, 3)
        return Member(name, place, self.nursery.bear(name, f"{place}:{count}"), time.monotonic())


def play(scene: Scene, *, seed: int, number: int, count: int) -> list[Outcome]:
    """Kill `count` consumers under one load, and up to as many again until each place was reached: an outcome for each
    place, the findings at the first."""
    row = Row("kill", PROCESS, "SIGKILL of consumers at named places", ROWS["consumer-kill"].fault, percentage=100)
    killed: Counter[str] = Counter()
    try:
        outcome = _play(scene, row, seed=seed, number=number, count=count, killed=killed)
    except trial.BROKEN as error:
        scene.mend()
        outcome = Outcome(row.name, seed, failure=f"{type(error).__name__}: {error}"[:2000])
    outcomes = [Outcome(f"kill {place}", seed, trials=killed[place]) for place in (*PLACES, ANY)]
    if not outcome.failure and _missed(killed, count):
        outcome = replace(outcome, failure=f"a place was never reached: {dict(killed)}")
    return [replace(outcome, row=outcomes[0].row, trials=outcomes[0].trials), *outcomes[1:]]


def _missed(killed: Counter[str], count: int) -> bool:
    """Whether a place was never reached, in a run that is long enough to reach all."""
    return count >= 4 * len(PLACES) and not all(killed[place] for place in PLACES)


def _allow(kills: int) -> None:
    # So much poison in five minutes rightly exhausts the budget; here somebody knows of it.
    for kind in poison.KINDS:
        budget.allow(client("control"), kind, actor="bench/faults", reason="poison", records=20 * kills)


def _play(scene: Scene, row: Row, *, seed: int, number: int, count: int, killed: Counter[str]) -> Outcome:
    scene.calm(row.percentage, writers=row.writers)
    nursery = Nursery(scene.folder / "nursery.log", scene.env)
    crew = Crew(nursery, scene, Dice(seed, "kills"), killed)
    try:
        trial.begin(scene, row, seed, number)
        _allow(2 * count)
        scene.dismiss()
        while killed.total() < count or (_missed(killed, count) and killed.total() < 2 * count):
            scene.load.check()
            crew.step()
            scene.wait(0.01)
    finally:
        nursery.end()
    # What is idle for long enough is claimed at the start of the others.
    scene.wait(RIPE_S)
    scene.hire()
    outcome = trial.judge(scene, row, seed, *trial.finish(scene))
    return replace(outcome, failure=outcome.failure or poison.wrong(scene.prefix, crew.poisons))
