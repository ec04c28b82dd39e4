"""An entry that ends its consumer again and again is isolated, waits, and keeps no other from being stored."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import OperationalError

from ingest.models import HealthData
from ingest.records import Health
from ljwx.redis import client
from monitoring import alarms
from streaming import groups, opening, registry, suspects
from streaming.consumer import Consumer
from streaming.failures import Unavailable
from streaming.registry import Kind, Written
from tests.streaming import entries
from tests.streaming.entries import FIVE, letters, pending, put, readings, watched

HEALTH = registry.get("health")
pytestmark = pytest.mark.usefixtures("redis", "held")


class Killed(BaseException):
    """Raised where a real process would be gone."""


class Processes:
    """Consumers under one name, each dying as `write` lets them."""

    def __init__(self, write: Callable[[Sequence[Any]], Written], **values: Any) -> None:
        self.kind: Kind = watched("health", write)
        self.values = values
        self.now = 1_000.0
        self.last: Consumer | None = None

    def start(self) -> Consumer:
        self.last = entries.consumer("host:1", kinds=[self.kind], **self.values)
        self.last.clock = lambda: self.now  # type: ignore[method-assign]
        return self.last

    def run(self) -> bool:
        """A new process, until it has nothing to do; whether it died before."""
        try:
            entries.drain(self.start())
        except (Killed, KeyError):
            return True
        return False

    def run_until_one_lives(self) -> int:
        """How many died before."""
        return next(deaths for deaths in range(10) if not self.run())


def deadly(*serials: str, fault: BaseException | None = None) -> Callable[[Sequence[Any]], Written]:
    """A writer that ends its process when a record of these devices is among those it is given."""

    def write(records: Sequence[Any]) -> Written:
        if any(record.device_sn in serials for record in records):
            raise fault or Killed
        return HEALTH.write(records)

    return write


def serials() -> set[str]:
    return set(HealthData.objects.values_list("device_sn", flat=True))


def sounding() -> list[str]:
    return [alarm.name for alarm in alarms.standing()]


def fill(*names: str) -> None:
    for name in names:
        put("health", Health(name, FIVE))


def test_the_neighbours_of_a_deadly_entry_are_stored_and_it_is_kept() -> None:
    fill("A", "DEADLY", "B")
    processes = Processes(deadly("DEADLY"))
    assert processes.run_until_one_lives() == suspects.DELIVERIES + 1
    assert (serials(), pending("health"), letters()) == ({"A", "B"}, 1, [])


def test_a_deadly_entry_waits_longer_each_time_while_new_ones_are_stored() -> None:
    fill("DEADLY")
    processes = Processes(deadly("DEADLY"))
    processes.run_until_one_lives()
    waited = []
    for number in range(1, 4):
        fill(f"NEW{number}")
        assert not processes.run()
        before = processes.now
        while processes.now < before + 20:
            processes.now += 0.5
            try:
                entries.drain(processes.last)  # type: ignore[arg-type]
            except Killed:
                break
        waited.append(processes.now - before)
        assert f"NEW{number}" in serials()
    assert waited == [2, 4, 8]
    assert pending("health") == 1


def test_it_is_never_dropped_nor_left_alone_for_more_than_five_minutes() -> None:
    # Five days of them are more than a power of two can count.
    waits = [suspects.Suspect(b"1-0", (b"1-0", {}), 5, deaths).pause_s for deaths in range(1_500)]
    assert waits == sorted(waits)
    assert (waits[:4], waits[-1]) == ([0.0, 2.0, 4.0, 8.0], 300.0)


def test_an_alarm_stands_while_an_entry_kills_and_ends_when_it_is_stored() -> None:
    fill("DEADLY")
    serial = ["DEADLY"]
    processes = Processes(lambda records: deadly(*serial)(records))
    processes.run_until_one_lives()
    assert sounding() == []  # once may be chance
    processes.now += 2
    with pytest.raises(Killed):
        entries.drain(processes.last)  # type: ignore[arg-type]
    assert not processes.run()
    assert sounding() == ["suspect:health"]
    serial.clear()  # mended
    processes.now += 4
    assert entries.drain(processes.last) == 1  # type: ignore[arg-type]
    assert (sounding(), serials(), pending("health")) == ([], {"DEADLY"}, 0)


def test_the_alarm_ends_when_a_person_has_taken_the_entry_away() -> None:
    fill("DEADLY")
    processes = Processes(deadly("DEADLY"))
    processes.run_until_one_lives()
    processes.now += 2
    with pytest.raises(Killed):
        entries.drain(processes.last)  # type: ignore[arg-type]
    assert not processes.run()
    assert sounding() == ["suspect:health"]
    ((identifier, _fields),) = client("control").xrange(HEALTH.stream)
    client("control").xack(HEALTH.stream, HEALTH.group, identifier)
    processes.now += 4
    entries.drain(processes.last)  # type: ignore[arg-type]
    assert sounding() == []


def test_another_consumer_that_claims_it_knows_what_it_has_done() -> None:
    fill("DEADLY")
    processes = Processes(deadly("DEADLY"))
    processes.run_until_one_lives()
    other = entries.consumer("other:1", kinds=[processes.kind], claim_idle_ms=0)
    fill("NEW")
    entries.drain(other)
    assert (serials(), pending("health")) == ({"NEW"}, 1)


def test_a_record_that_meets_a_fault_of_the_code_is_buried_after_it_was_isolated() -> None:
    put("health", Health("A", FIVE), Health("ODD", FIVE), Health("B", FIVE))
    fill("C")
    processes = Processes(deadly("ODD", fault=KeyError("bug")))
    assert processes.run_until_one_lives() == suspects.DELIVERIES
    assert (serials(), pending("health")) == ({"A", "B", "C"}, 0)
    assert letters() == [("health", "ODD", "unexpected: KeyError")]


def test_nothing_is_buried_while_the_probe_write_meets_the_fault_too() -> None:
    fill("A", "B")
    processes = Processes(deadly("A", "B", "probe", fault=KeyError("bug")))
    for _ in range(12):
        processes.run()
    assert (serials(), pending("health"), letters()) == (set(), 2, [])


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the code, met when an entry of the device ODD is opened."""
    real = opening.decode

    def decode(data: bytes, **kwargs: Any) -> Any:
        if b"ODD" in data:
            raise KeyError("bug")
        return real(data, **kwargs)

    monkeypatch.setattr(opening, "decode", decode)


@pytest.mark.usefixtures("unreadable")
def test_an_entry_that_can_not_even_be_opened_is_buried_whole() -> None:
    fill("A", "ODD", "B")
    processes = Processes(HEALTH.write)
    processes.run_until_one_lives()
    assert (serials(), pending("health")) == ({"A", "B"}, 0)
    assert letters() == [("health", "", "unexpected: KeyError")]


@pytest.mark.usefixtures("unreadable")
def test_it_is_not_buried_while_a_probe_write_fails() -> None:
    fill("ODD")
    processes = Processes(deadly("probe", fault=KeyError("bug")))
    for _ in range(6):
        processes.run()
    assert (pending("health"), letters()) == (1, [])


def test_an_outage_of_many_deliveries_buries_nothing_and_kills_no_one() -> None:
    broken = [True]

    def write(records: Sequence[Any]) -> Written:
        if broken[0]:
            raise OperationalError(2006, "MySQL server has gone away")
        return HEALTH.write(records)

    fill("A", "B", "C")
    processes = Processes(write)
    subject = processes.start()
    for _ in range(20):
        with pytest.raises(Unavailable):
            subject.step(block_ms=0)
    assert (pending("health"), letters(), sounding()) == (3, [], [])
    broken[0] = False
    assert entries.drain(subject) == 3  # none of them has to wait
    assert (serials(), pending("health")) == ({"A", "B", "C"}, 0)


def test_entries_that_were_delivered_seldom_share_a_transaction() -> None:
    written: list[int] = []

    def write(records: Sequence[Any]) -> Written:
        written.append(len(records))
        return HEALTH.write(records)

    fill("A", "B", "C")
    groups.ensure(client("control"), HEALTH)
    client("control").xreadgroup(HEALTH.group, "host:1", {HEALTH.stream: ">"})
    entries.drain(Processes(write).start())
    assert written == [3]


def test_isolated_entries_are_written_one_by_one() -> None:
    written: list[int] = []

    def write(records: Sequence[Any]) -> Written:
        written.append(len(records))
        return HEALTH.write(records)

    put("health", *readings(2, "A"))
    put("health", *readings(2, "B"))
    groups.ensure(client("control"), HEALTH)
    client("control").xreadgroup(HEALTH.group, "host:1", {HEALTH.stream: ">"})
    for _ in range(suspects.DELIVERIES - 1):
        client("control").xreadgroup(HEALTH.group, "host:1", {HEALTH.stream: "0"})
    entries.drain(Processes(write).start())
    assert written == [2, 2]
