"""One seed: a small system with its devices, run under faults, then healed, drained and checked."""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from monitoring import ledger as edge
from streaming import registry
from tests.simulation import memory, web, workers
from tests.simulation.client import Client, Network
from tests.simulation.fate import SEMAPHORE, Fate
from tests.simulation.invariants import STREAMS, backlog, violations
from tests.simulation.ledger import Ledger
from tests.simulation.ports import Ports
from tests.simulation.sent import KINDS, Fleet
from tests.simulation.server import Server
from tests.simulation.web import Devices
from tests.simulation.workers import Accidents
from tests.simulation.world import LONG_S, Process, World

MOST_ROUNDS = 1_000
OFTEN = 3
PASSES = 3
MIRRORED_EVERY = 6
# Who takes and stores goes on so much oftener than who trims or switches.
OFTENER = 3


@dataclass(frozen=True, slots=True)
class Result:
    """What one seed came to. `violations` empty: every invariant held."""

    seed: int
    violations: list[str]
    counts: Counter[str]
    faults: int
    trace: list[str] = field(default_factory=list)


class System:
    """The processes of one run and what they share."""

    def __init__(self, ports: Ports, world: World, *, mirrored: bool) -> None:
        random = world.random
        self.world = world
        self.kinds = registry.consumed() if mirrored else registry.kinds()
        self.database = ports.database
        self.ports = ports
        self.server = Server(old=random.random() < 0.25, node_most=random.choice((1, 1, 1, 2, 100)))
        self.network = Network(world, self.server)
        self.client: Any = Client(self.network)
        self.ledger = Ledger()
        edge.forget_told()
        self.devices = Devices(self)
        self.accidents = Accidents(self)
        fleet = Fleet(random)
        for number in range(random.choice((1, 2, 2, 4))):
            upload = fleet.upload(number)
            upload.again = int(random.random() < 0.2)
            self.devices.waiting.append(upload)
        looped = random.random() < 0.2
        serve = [web.looped if looped else web.threaded, web.threaded][: random.choice((1, 2))]
        self.processes = [
            *(Process(world, f"web:{n}", partial(body, devices=self.devices)) for n, body in enumerate(serve, 1)),
            *(
                Process(world, f"consumer:{n}", partial(workers.consumer, system=self))
                for n in range(1, random.choice((1, 2, 3)) + 1)
            ),
        ]
        self.hands = [
            Process(world, name, partial(body, system=self))
            for name, body in (("trimmer", workers.trimmer), ("operator", workers.operator))
            if random.random() < 0.6
        ]
        self.steps = random.choice((12, 30, 60))
        world.enter = self.enter

    def enter(self, process: Process) -> None:
        """`process` goes on: its own connection and memory are the ones that the code finds."""
        if not process.memory:
            self.ports.connection(process.name).renew()
        self.ports.default = self.ports.connection(process.name)
        memory.give(process)

    def may_write(self) -> bool:
        """Whether a legacy writer is free."""
        return self.world.point("semaphore", SEMAPHORE) is Fate.FINE

    def run(self) -> list[str]:
        """The whole run; what does not hold after it."""
        world, everyone = self.world, [*self.processes, *self.hands]
        turns = [*self.processes * OFTENER, *self.hands]
        lockstep = world.random.choice((0.0, 0.1, 0.5))
        for _ in range(self.steps):
            self.accidents.turn()
            # Side by side, two come to the same row more often than one after the other.
            for process in self.processes if world.chance(lockstep) else [world.random.choice(turns)]:
                process.resume()
        world.current = None
        world.note("heals")
        self._heal(everyone)
        late = [*self._settle(), *self._held_by_the_living()]
        # Then what the dead have left is claimed; what was in hand at a death its new owner puts off once more.
        for _ in range(PASSES):
            world.now += LONG_S
            late += self._settle()
            if not any(pending for _undelivered, pending in (backlog(self.server, kind) for kind in STREAMS)):
                break
        self._end([*self.processes, *self.hands])
        self.database.world = None
        broken = violations(self.ledger, self.database.raw, self.server)
        return [*world.crashes, *dict.fromkeys(late), *broken]

    def _heal(self, everyone: Iterable[Process]) -> None:
        """No more faults. Every process is killed where it stands or ends its work first; some never come back."""
        world = self.world
        self.accidents.mend()
        world.faulty = False
        gone = [each for each in self.processes if each.name in {"consumer:2", "consumer:3"} and world.chance(0.5)]
        if world.chance(0.5):
            for process in self.processes:
                if process.life is not None:
                    process.resume()
        self._end(everyone)
        world.happen_late()
        self.processes = [process for process in self.processes if process not in gone]

    def _end(self, processes: Iterable[Process]) -> None:
        for process in processes:
            process.end()

    def _settle(self) -> list[str]:
        """Let everybody work until there is nothing left to do, while no time passes."""
        consumers = [process for process in self.processes if process.name.startswith("consumer")]
        serving = [process for process in self.processes if process not in consumers]
        coming = True
        for _ in range(MOST_ROUNDS):
            if coming:
                # What a consumer saw before the last upload came tells nothing, nor does a step that it is in.
                coming = bool(self.devices.waiting) or not all(process.resting for process in serving)
                for process in consumers:
                    process.idle = 0 if process.resting else -1
            for process in [*self.processes, *self.hands] if coming else self.processes:
                process.resume()
            if not coming and all(process.idle > 0 for process in consumers):
                return []
        unanswered = [upload.number for upload in self.devices.waiting]
        return [f"(0) uploads {unanswered} are never accepted" if unanswered else "(0) the consumers find no end"]

    def _held_by_the_living(self) -> list[str]:
        """(4) already now: what a living consumer was given before its death is not left for others to claim. Only what
        was delivered often it may put off, for that may be what ends it."""
        living = {process.name.encode() for process in self.processes}
        found = []
        for kind, (name, group_name) in STREAMS.items():
            stream = self.server.stream(name)
            group = stream.groups.get(group_name.encode()) if stream else None
            pending = group.pending.values() if group else ()
            held = [each for each in pending if each.consumer in living and each.count <= OFTEN]
            if held:
                found.append(f"(4) {kind}: {len(held)} entries wait for their living consumer to claim them")
        return found


def run(ports: Ports, seed: int, *, suppressed: Container[int] = (), traced: bool = False) -> Result:
    """Run `seed`, with its trace when asked for."""
    world = World(seed, suppressed=suppressed, traced=traced)
    ports.database.begin(None)
    ports.empty()
    ports.database.raw.execute("DELETE FROM rollout_route")
    # Not drawn: a seed without a mirror is the same run as before there was one.
    mirrored = seed % MIRRORED_EVERY == 0
    ports.database.raw.executemany(
        "INSERT INTO rollout_route (kind, percentage, mirror_percentage, salt, epoch, updated_at)"
        " VALUES (?, ?, ?, 'plan-1', 1, '2026-09-01')",
        [(kind, world.random.choice((0, 50, 100, 100)), 100 * mirrored) for kind in KINDS],
    )
    ports.database.begin(world)
    system = ports.current = System(ports, world, mirrored=mirrored)
    broken = system.run()
    counts = world.counts
    counts["steps"] += system.steps
    counts["claimed"] += system.server.claimed
    counts["redelivered"] += system.server.redelivered
    return Result(seed, broken, counts, world.faults, world.trace or [])
