"""A full Redis refuses most writes, and consumers drain it all the same: even those that start just then."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import redis as redis_py

from ingest.models import HealthData
from ljwx.redis import client
from streaming import groups, losses, registry, retention
from streaming.budget import LEAST, Budget
from streaming.envelope import FIELD
from streaming.failures import Exhausted
from streaming.registry import Written
from streaming.slots import Slots
from tests.streaming import entries
from tests.streaming.entries import letters, pending, put, readings, watched

HEALTH = registry.get("health")
pytestmark = pytest.mark.usefixtures("held")


@pytest.fixture(autouse=True)
def own(server: str, settings: Any) -> Iterator[None]:
    """A Redis of its own with its groups; `full` fills it."""
    settings.REDIS_URL = server
    client("control").config_set("maxmemory", 0)
    client("control").flushall()
    for kind in registry.kinds():
        groups.ensure(client("control"), kind)
    yield
    client("control").config_set("maxmemory", 0)


def full() -> None:
    client("control").config_set("maxmemory", 1)
    with pytest.raises(redis_py.exceptions.OutOfMemoryError):
        client("control").set("x", 1)


def test_it_is_trimmed() -> None:
    for number in range(250):
        put("health", *readings(1), identifier=f"{1_000_000 + number}-0")
    entries.drain(entries.consumer())
    full()
    assert retention.trim(client("control"), HEALTH) >= 200


def test_consumers_start_and_store_everything() -> None:
    put("health", *readings(3))
    full()
    subject = entries.consumer()
    subject.beat()
    assert entries.drain(subject) == 1
    assert (HealthData.objects.count(), pending("health")) == (3, 0)


def test_the_ledger_counts_all_the_same() -> None:
    put("health", *readings(2))
    entries.drain(entries.consumer(kinds=[HEALTH]))
    put("health", *readings(2, "B"))
    full()
    entries.drain(entries.consumer(kinds=[HEALTH]))
    (key,) = client("control").scan_iter("ljwx:ledger:*")
    assert client("control").hgetall(key) == {b"stream:stored": b"4"}


def test_a_supervisor_takes_and_renews_its_slots() -> None:
    full()
    mine, other = Slots(client("control"), host="a"), Slots(client("control"), host="a")
    assert mine.take(set()) == "a:1"
    assert mine.hold("a:1")
    assert not other.hold("a:1")
    mine.release("a:1")
    assert other.hold("a:1")


def test_the_budget_holds() -> None:
    for number in range(LEAST):
        client("control").xadd(HEALTH.stream, {FIELD: b"\xc1 %d" % number})
    full()
    entries.drain(entries.consumer())
    assert len(letters()) == LEAST
    with pytest.raises(Exhausted):
        Budget(client("control")).spend("health", 1)
    assert list(Budget(client("control")).stopped(["health"])) == ["health"]


def test_losses_are_counted() -> None:
    put("health", *readings(1))
    ((_stream, ((lost, _fields),)),) = client("control").xreadgroup(HEALTH.group, "host:1", {HEALTH.stream: ">"})
    client("control").xdel(HEALTH.stream, lost)
    full()
    entries.drain(entries.consumer("host:1"))
    losses.Losses(client("control")).claimed(HEALTH, 2)
    assert losses.counted(client("control")) == {"health": 3}
    assert pending("health") == 0


def test_a_deadly_entry_is_noted_and_keeps_no_other_from_being_stored() -> None:
    class Killed(BaseException):
        pass

    def write(records: Sequence[Any]) -> Written:
        if any(record.device_sn == "DEADLY" for record in records):
            raise Killed
        return HEALTH.write(records)

    put("health", *readings(1, "DEADLY"))
    put("health", *readings(1, "A"))
    full()
    for _ in range(4):
        with pytest.raises(Killed):
            entries.drain(entries.consumer(kinds=[watched("health", write)]))
    entries.drain(entries.consumer(kinds=[watched("health", write)]))
    assert (HealthData.objects.count(), pending("health")) == (1, 1)
