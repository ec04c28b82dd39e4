"""Autoscaling at work: one leads, another goes on where it stopped, and the limit is said aloud."""

import json
import logging
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import pytest
import redis as redis_py
from django.db import OperationalError

from ljwx.redis import AUTOSCALE_KEY, AUTOSCALER_KEY, CONSUMER_KEY, client
from monitoring import alarms
from streaming import autoscaler, backlog, counts, registry
from streaming.autoscaler import LEASE_MS, Autoscaler
from streaming.backlog import Backlog
from streaming.counts import Count
from streaming.models import ConsumerChange
from tests.clock import Clock
from tests.streaming.fleet import Host

pytestmark = pytest.mark.usefixtures("redis", "db")
CLOCK = Clock()
LATE = Backlog(9_000, 9_000, 0, 60.0)
YOUNG = Backlog(0, 0, 0, None)


class World:
    """A fleet that follows, stores `rate` records a second, and has `waiting` as its backlog."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.rate = 1_000
        self.waiting = LATE
        self.stored = 0

    def look(self, *subjects: Autoscaler) -> list[bool]:
        """Ten seconds later: the fleet has followed and stored; each subject has its look."""
        CLOCK.now += 10
        self.host.step()
        self.host.settle()
        self.stored += self.rate * 10
        for worker in self.host.supervisor.workers:
            stored = self.stored if worker.seat == 1 else 0
            told = {"pid": worker.pid, "stored": stored, "duplicates": 0, "dead": 0, "beat": CLOCK.now}
            client("control").hset(CONSUMER_KEY.format(worker.name), mapping=told)
        return [subject.step() for subject in subjects]


@pytest.fixture
def world(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    settings.CONSUMER_AUTOSCALE = True
    monkeypatch.setattr(alarms, "_here", {})
    monkeypatch.setattr(autoscaler, "close_old_connections", lambda: None)
    counts.ask(2, reason="test", actor="ann")
    made = World(Host("a", lambda: counts.read().desired))
    monkeypatch.setattr(backlog, "measure", lambda kind: made.waiting if kind.name == "health" else YOUNG)
    yield made
    made.host.end()


@pytest.fixture
def make() -> Callable[[str], Autoscaler]:
    def candidate(name: str = "one") -> Autoscaler:
        subject = Autoscaler(kinds=registry.kinds(), connection=client("control"), token=name)
        subject.clock = CLOCK
        return subject

    return candidate


def standing() -> list[str]:
    return [alarm.text for alarm in alarms.standing() if alarm.name == "autoscale"]


def test_a_late_backlog_gets_one_more_and_the_history_says_why(world: World, make: Any) -> None:
    subject = make()
    assert world.look(subject) == [False]  # no rate is known yet
    for _ in range(3):
        assert world.look(subject) == [True]
    assert counts.read() == Count(2, 3, 2)
    change = ConsumerChange.objects.get(version=2)
    assert (change.source, change.actor, change.reason) == (
        "autoscale",
        "autoscale",
        "The oldest entry is 60 s old, 9000 wait.",
    )
    world.look(subject)
    assert world.host.seated == [1, 2, 3]


def test_one_that_brings_nothing_is_taken_back_and_the_limit_is_an_alarm_until_it_is_over(
    world: World, make: Any
) -> None:
    subject = make()
    for _ in range(8):
        world.look(subject)
    assert counts.read() == Count(2, 2, 3)
    (text,) = standing()
    assert "1000 records/s before, 1000 after" in text
    assert "The database (or the CPU) is the limit" in text
    assert ConsumerChange.objects.get(version=3).reason == text
    world.waiting = YOUNG
    for _ in range(3):
        world.look(subject)
    assert standing() == []


def test_one_that_brings_something_is_kept(world: World, make: Any) -> None:
    subject = make()
    for _ in range(5):
        world.look(subject)
    world.rate = 1_500
    for _ in range(4):
        world.look(subject)
    assert (counts.read(), standing()) == (Count(2, 3, 2), [])


def test_only_one_leads_and_the_other_takes_over_with_all_that_it_knew(world: World, make: Any) -> None:
    one, other = make("one"), make("other")
    for _ in range(6):
        assert world.look(one, other)[1] is False
    assert counts.read().desired == 3
    assert 0 < client("control").pttl(AUTOSCALER_KEY) <= LEASE_MS
    client("control").delete(AUTOSCALER_KEY)  # as when the leader is dead
    world.look(other)
    for _ in range(2):
        world.look(other)
    assert counts.read().desired == 2
    assert "1000 records/s before" in standing()[0]


def test_who_leads_again_knows_no_rate_at_first(world: World, make: Any) -> None:
    subject = make()
    assert [world.look(subject) for _ in range(2)] == [[False], [True]]
    client("control").set(AUTOSCALER_KEY, "other")
    assert world.look(subject) == [False]
    client("control").delete(AUTOSCALER_KEY)
    assert [world.look(subject) for _ in range(2)] == [[False], [True]]


def test_a_leader_that_was_asleep_changes_nothing_against_a_person(
    world: World, make: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    subject = make()
    for _ in range(3):
        world.look(subject)
    seen = counts.read()
    counts.ask(5, reason="I know better", actor="ann")
    monkeypatch.setattr(counts, "read", lambda: seen)
    with caplog.at_level(logging.INFO):
        subject.step()
        CLOCK.now += 10
        subject.step()
    monkeypatch.undo()
    assert counts.read().wanted == 5
    assert "somebody else has changed" in caplog.text


@pytest.mark.parametrize("away", ["database", "redis", "backlog"])
def test_without_an_answer_nothing_changes_and_no_streak_goes_on(
    world: World, make: Any, monkeypatch: pytest.MonkeyPatch, away: str
) -> None:
    subject = make()
    for _ in range(3):
        world.look(subject)
    CLOCK.now += 10

    def database() -> Any:
        raise OperationalError(2006, "gone")

    def redis(*args: Any) -> Any:
        raise redis_py.ConnectionError("refused")

    with monkeypatch.context() as patch:
        if away == "database":
            patch.setattr(counts, "read", database)
        else:
            patch.setattr(*((backlog, "measure") if away == "backlog" else (subject, "_remembered")), redis)
        assert subject.step() is False
    assert counts.read() == Count(2, 2, 1)
    assert world.look(subject) == [False]  # the rate since then would be of another time


def test_what_another_version_remembers_is_no_memory(world: World, make: Any) -> None:
    subject = make()
    client("control").set(AUTOSCALE_KEY, b'{"at": "never"}')
    for _ in range(2):
        world.look(subject)
    assert counts.read().desired == 2
    assert b'"late":1' in client("control").get(AUTOSCALE_KEY)


def rates() -> list[float]:
    return list(json.loads(client("control").get(AUTOSCALE_KEY))["rates"])


def test_a_consumer_that_starts_again_counts_from_nothing(world: World, make: Any) -> None:
    subject = make()
    for _ in range(2):
        world.look(subject)
    (one, _two) = world.host.supervisor.workers
    assert one._process
    one._process.kill()
    one._process.wait()
    world.host.step()
    world.host.step()
    world.stored = 2_000 - world.rate * 10
    world.look(subject)
    assert rates() == [1_000, 200]


def test_what_a_silent_consumer_has_done_is_not_counted_again_when_it_tells(world: World, make: Any) -> None:
    subject = make()
    for _ in range(2):
        world.look(subject)
    for worker in world.host.supervisor.workers:
        client("control").delete(CONSUMER_KEY.format(worker.name))
    CLOCK.now += 10
    subject.step()
    world.look(subject)
    assert rates() == [1_000, 0, 1_000]


def test_the_loop_goes_on_and_leaves_the_lead_at_the_end(
    world: World, make: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    subject = make()
    stopping = Event()
    world.look(subject)
    looks: list[int] = []

    def step() -> bool:
        looks.append(1)
        if len(looks) == 2:
            stopping.set()
        raise ValueError("planted")

    monkeypatch.setattr(subject, "step", step)
    monkeypatch.setattr(autoscaler, "SAMPLE_EVERY_S", 0)
    subject.run(stopping)
    assert len(looks) == 2
    assert "planted" in caplog.text
    assert not client("control").exists(AUTOSCALER_KEY)
