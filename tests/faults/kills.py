"""Consumers killed at named places, again and again, under one load."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle

from ingest.simulator.dice import Dice
from tests.faults import poison, trial
from tests.faults.child import Child
from tests.faults.row import PROCESS, ROWS, Row
from tests.faults.scene import CLAIM_IDLE_MS, Scene
from tests.faults.trial import Outcome

# In turn: one that dies after reading leaves entries behind, which the next one claims.
PLACES = (
    "consumer.read", "consumer.claiming", "consumer.before_sql", "consumer.committed", "consumer.bisecting",
    "consumer.acked",
)  # fmt: skip
ANY = "any moment"
ONCE = {"consumer.claiming", "consumer.bisecting"}
MEMBERS = 2
LONGEST_S = 6.0  # a consumer that has not come to its place by then is killed where it is
POISON_EVERY_S = 0.5


@dataclass(slots=True)
class Member:
    """One consumer that is to die at `place`."""

    name: str
    place: str
    child: Child
    since: float


@dataclass(slots=True)
class Crew:
    """Keeps `MEMBERS` consumers running, each armed anew; `killed` counts by place.

    The bench starts them itself, for the children of a supervisor would all inherit one place.
    """

    scene: Scene
    dice: Dice
    killed: Counter[str]
    members: list[Member]
    places: Iterator[str]

    def tend(self) -> None:
        """Count who has died and start another in its stead. Fails when one has ended in any other way."""
        for index, member in enumerate(self.members):
            if member.child.lives:
                if time.monotonic() - member.since < LONGEST_S:
                    continue
                os.kill(member.child.pid, signal.SIGKILL)
                member.child.process.wait()
                self.killed[ANY] += 1
            else:
                code = member.child.process.returncode
                assert code == -signal.SIGKILL, (
                    f"{member.name} ended with {code}: {member.child.log.read_text()[-900:]}"
                )
                self.killed[member.place] += 1
            member.child.kill()
            place = next(self.places)
            # A name that does not come back leaves its entries to be claimed by others.
            stays = place != "consumer.claiming" and self.dice.chance(0.6)
            self.members[index] = self.start(place, member.name if stays else self.scene.name())

    def start(self, place: str, name: str) -> Member:
        """A consumer that dies when it comes to `place` the first to third time."""
        count = 1 if place in ONCE else self.dice.between(1, 3)
        return Member(name, place, self.scene.consumer(name, f"{place}:{count}"), time.monotonic())

    def end(self) -> None:
        """End all of them as a host does that goes away: what they have read stays pending."""
        for member in self.members:
            member.child.kill()


def play(scene: Scene, *, seed: int, number: int, count: int) -> list[Outcome]:
    """Kill `count` consumers under one load: an outcome for each place, the findings at the first."""
    row = Row("kill", PROCESS, "SIGKILL of consumers at named places", ROWS["consumer-kill"].fault, percentage=100)
    killed: Counter[str] = Counter()
    try:
        outcome = _play(scene, row, seed=seed, number=number, count=count, killed=killed)
    except trial.BROKEN as error:
        scene.mend()
        outcome = Outcome(row.name, seed, failure=f"{type(error).__name__}: {error}"[:2000])
    outcomes = [Outcome(f"kill {place}", seed, trials=killed[place]) for place in (*PLACES, ANY)]
    if not outcome.failure and not all(killed[place] for place in PLACES) and count >= 4 * len(PLACES):
        outcome = replace(outcome, failure=f"a place was never reached: {dict(killed)}")
    return [replace(outcome, row=outcomes[0].row, trials=outcomes[0].trials), *outcomes[1:]]


def _play(scene: Scene, row: Row, *, seed: int, number: int, count: int, killed: Counter[str]) -> Outcome:
    scene.calm(row.percentage, writers=row.writers)
    trial.begin(scene, row, seed, number)
    scene.dismiss()
    crew = Crew(scene, Dice(seed, "kills"), killed, [], cycle(PLACES))
    poisons, next_poison = 0, 0.0
    try:
        crew.members += [crew.start(next(crew.places), scene.name()) for _ in range(MEMBERS)]
        while killed.total() < count:
            scene.load.check()
            crew.tend()
            if time.monotonic() >= next_poison:
                poison.put(scene.prefix, poisons)
                poisons, next_poison = poisons + 1, time.monotonic() + POISON_EVERY_S
            scene.wait(0.02)
    finally:
        crew.end()
    # What is idle for long enough is claimed at the start of the others.
    scene.wait(CLAIM_IDLE_MS / 1000 + 0.2)
    scene.hire()
    outcome = trial.judge(scene, row, seed, *trial.finish(scene))
    return replace(outcome, failure=outcome.failure or poison.wrong(scene.prefix, poisons))
