"""Consumers, the trimmer, the operator, and the accidents of a day."""

from decimal import Decimal
from typing import Any

import redis
from django.db import Error, close_old_connections

from rollout import traffic
from streaming import registry, retention
from streaming.consumer import Consumer
from streaming.envelope import FIELD, decode
from streaming.failures import Unavailable
from tests.simulation.invariants import STREAMS
from tests.simulation.ledger import Ledger
from tests.simulation.sent import DEVICE, EVENT, HEALTH, local
from tests.simulation.stream import parsed, text
from tests.simulation.world import LONG_S, Process

CLAIM_IDLE_MS = 30_000


def consumer(process: Process, system: Any) -> None:
    """One consumer under its stable name, from its start to its death; it waits when the world is broken."""
    world = process.world
    subject = Consumer(
        name=process.name,
        kinds=system.kinds,
        connection=system.client,
        batch_size=world.random.choice((1, 2, 3, 10)),
        claim_idle_ms=CLAIM_IDLE_MS,
    )
    subject.clock = world.monotonic
    while True:
        try:
            if world.faulty and world.chance(0.1):
                subject.beat()
            handled = subject.step(block_ms=0)
        except (redis.RedisError, Unavailable) as error:
            world.note(f"waits: {type(error).__name__}: {error}")
            world.counts["waits"] += 1
            process.idle = 0
            world.rest(0.2)
        else:
            process.idle = 0 if handled else process.idle + 1
            world.counts["batches"] += bool(handled)
            world.rest()


def trimmer(process: Process, system: Any) -> None:
    """Trims all streams, whose retention is over at once."""
    while True:
        for kind in system.kinds:
            removed = retention.trim(system.client, kind, now=process.world.now + LONG_S)
            process.world.counts["trimmed"] += removed
        process.world.rest()


def operator(process: Process, system: Any) -> None:
    """Flips a percentage now and then."""
    world = process.world
    while True:
        if world.faulty and world.chance(0.4):
            close_old_connections()
            kind = world.random.choice(registry.kinds()).name
            share = Decimal(world.random.choice((0, 30, 60, 100)))
            world.note(f"switches {kind} to {share} %")
            try:
                changes = traffic.switch(percentage=share, kinds=[kind], actor="operator", reason="simulated")
                world.counts["flips"] += len(changes)
            except (Error, traffic.RouteConflict):
                world.counts["failed flips"] += 1
        world.rest()


class Accidents:
    """What happens to Redis and to the database; one at a time, each undone some turns later."""

    def __init__(self, system: Any) -> None:
        self.system = system
        world = system.world
        self.rate = world.random.choice((0.0, 0.0, 0.03, 0.1))
        self.left = 0

    def turn(self) -> None:
        """Maybe an accident; or the end of one."""
        world = self.system.world
        if self.left:
            self.left -= 1
            if not self.left:
                self.mend()
            return
        if not world.chance(self.rate):
            return
        world.current = None
        accident = world.random.choice(
            ("redis down", "redis full", "redis unsafe", "database down", "database read-only", "stall", "no group",
             "entry deleted")
        )  # fmt: skip
        if not world.fault(accident):
            return
        self.left = world.random.randint(1, 6)
        self._happen(accident)

    def mend(self) -> None:
        """Redis and the database are well again."""
        system = self.system
        system.network.down = system.server.full = system.database.down = system.database.readonly = False
        system.server.safe = True
        self.left = 0

    def _happen(self, accident: str) -> None:
        system, world = self.system, self.system.world
        if accident == "redis down":
            system.network.down = True
        elif accident == "redis full":
            system.server.full = True
        elif accident == "redis unsafe":
            system.server.safe = False
        elif accident == "database down":
            system.database.down = True
        elif accident == "database read-only":
            system.database.readonly = True
        elif accident == "stall":
            world.now += LONG_S
        else:
            name, group = STREAMS[world.random.choice((HEALTH, DEVICE, EVENT))]
            if accident == "no group":
                if system.server.stream(name):
                    system.server.xgroup_destroy(name, group)
            else:
                delete_entry(system, name)


def delete_entry(system: Any, name: str) -> None:
    """Somebody deletes an entry of the stream `name`; when it was not stored yet, that is no fault of the system."""
    stream = system.server.stream(name)
    if stream is None or not stream.entries:
        return
    identifier = system.world.random.choice(list(stream.entries))
    kind = next(kind for kind in registry.kinds() if kind.stream == name)
    envelope = decode(stream.entries[identifier][FIELD], record=kind.record, kind=kind.name)
    for record in envelope.records:
        excuse(system.ledger, kind.name, record)
    for reject in envelope.rejects:
        system.ledger.destroyed_texts.add((reject.kind, reject.payload.decode()))
    system.server.xdel(name, text(parsed(text(identifier))))


def excuse(ledger: Ledger, kind: str, record: Any) -> None:
    """Nobody is to blame when this record is missing."""
    moment = local(record.timestamp)
    if kind == HEALTH:
        ledger.destroy(kind, (record.device_sn, moment))
    elif kind == DEVICE:
        ledger.destroy(kind, (record.serial_number, moment))
    elif kind == EVENT:
        ledger.destroy(kind, (record.device_sn, record.event_type, moment, record.event_value))
        for reading in record.health:
            excuse(ledger, HEALTH, reading)
