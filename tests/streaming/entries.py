"""Entries, records and consumers for the streaming tests."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ingest.records import Health
from ljwx.redis import client
from streaming import registry
from streaming.consumer import Consumer
from streaming.deadletters import DeadLetter
from streaming.envelope import FIELD, VERSION, Envelope, Reject, encode
from streaming.registry import Kind, Written
from streaming.storing import Item

FIVE = 1788339600
RECEIVED_MS = 1789444800000


def readings(count: int, serial: str = "A") -> list[Health]:
    return [Health(serial, FIVE + number, heart_rate=60 + number % 60) for number in range(count)]


def items(records: Sequence[Any]) -> list[Item]:
    return [Item(record, RECEIVED_MS) for record in records]


def put(name: str, *records: Any, rejects: Sequence[Reject] = (), identifier: str = "*", **values: Any) -> bytes:
    """Append one entry with these records, as the edge does; returns its id."""
    kind = registry.get(name)
    fields = {"v": VERSION, "kind": name, "received_ms": RECEIVED_MS, "path": "stream", "epoch": 1, **values}
    data = encode(Envelope(records=list(records), rejects=list(rejects), **fields))
    return client("control").xadd(kind.stream, {FIELD: data}, id=identifier)


def watched(name: str, write: Callable[[Sequence[Any]], Written]) -> Kind:
    """A kind whose writer is `write`."""
    return replace(registry.get(name), write=write)


def consumer(name: str = "test:1", *, kinds: Sequence[Kind] | None = None, **values: Any) -> Consumer:
    given = {"batch_size": 200, "claim_idle_ms": 60_000, **values}
    return Consumer(name=name, kinds=kinds or registry.kinds(), connection=client("consume"), **given)


def drain(subject: Consumer) -> int:
    """Step until there is nothing left; returns how many entries were handled."""
    total = 0
    while handled := subject.step(block_ms=0):
        total += handled
    return total


def pending(name: str) -> int:
    kind = registry.get(name)
    return client("control").xpending(kind.stream, kind.group)["pending"]


def letters() -> list[tuple[str, str, str]]:
    """Every dead letter: kind, serial, reason."""
    return sorted(DeadLetter.objects.values_list("kind", "device_sn", "reason"))
