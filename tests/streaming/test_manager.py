"""What operators see of the consumers, and no ghosts among it."""

import time
from typing import Any

import pytest
import redis as redis_py

from ljwx.redis import CONSUMER_KEY, WORKER_KEY, client
from streaming import counts, groups, registry, reports
from streaming.counts import Count, CountConflict, OutOfRange
from streaming.manager import Scaled, get_consumer_manager
from streaming.seats import OwnSeats
from streaming.worker import State
from tests.streaming import entries
from tests.streaming.entries import put, readings
from tests.streaming.fleet import Host

HEALTH = registry.get("health")
pytestmark = pytest.mark.usefixtures("redis", "db")


@pytest.fixture
def host() -> Any:
    """A host with two workers; their processes are killed at the end."""
    counts.ask(2, reason="test", actor="ann")
    counts.current.refresh()
    subject = Host("a", lambda: 2)
    subject.step()
    yield subject
    subject.end()


def beat(name: str, **values: Any) -> None:
    """A heartbeat as a consumer gives it."""
    told = {"stored": 5, "duplicates": 1, "dead": 2, "error": "", "beat": time.time() - 3, **values}
    client("control").hset(CONSUMER_KEY.format(name), mapping=told)


def test_without_a_supervisor_there_is_nobody_and_names_in_a_group_are_no_consumers() -> None:
    put("health", *readings(1))
    groups.ensure(client("control"), HEALTH)
    client("control").xreadgroup(HEALTH.group, "ghost:1", {HEALTH.stream: ">"})
    beat("ghost:2", pid=1)
    status = get_consumer_manager().status()
    assert (status.consumers, status.running, status.converged) == ([], 0, False)


def test_each_consumer_is_shown_with_what_it_does(host: Host) -> None:
    one, two = host.supervisor.workers
    put("health", *readings(1))
    groups.ensure(client("control"), HEALTH)
    client("control").xreadgroup(HEALTH.group, "a:1", {HEALTH.stream: ">"})
    beat("a:1", pid=one.pid, error="Unavailable: 2006")
    status = get_consumer_manager().status()
    first, second = status.consumers
    assert (first.name, first.host, first.seat, first.kinds) == ("a:1", "a", 1, ["event", "device", "health"])
    assert (first.pid, first.state, first.restarts, first.exit_code) == (one.pid, State.RUNNING, 0, None)
    assert (first.stored, first.duplicates, first.dead, first.error) == (5, 1, 2, "Unavailable: 2006")
    assert first.pending == 1
    assert first.beat_age_s == pytest.approx(3, abs=2)
    assert (second.name, second.kinds, second.pid, second.beat_age_s) == ("a:2", ["event"], two.pid, None)
    assert (status.desired, status.wanted, status.minimum, status.maximum, status.version) == (2, 2, 1, 8, 1)
    assert (status.running, status.converged) == (1, False)
    beat("a:2", pid=two.pid)
    assert get_consumer_manager().status().converged


def test_the_heartbeat_of_a_process_that_died_is_not_that_of_its_successor(host: Host) -> None:
    beat("a:1", pid=1)
    first = get_consumer_manager().status().consumers[0]
    assert (first.beat_age_s, first.stored) == (None, 0)


def test_one_that_is_on_its_way_out_does_not_count(host: Host) -> None:
    for worker in host.supervisor.workers:
        beat(worker.name, pid=worker.pid)
    host.supervisor.workers[1].drain(host.clock())
    host.step()
    reports.tell(client("control"), "a", host.supervisor.workers)
    status = get_consumer_manager().status()
    assert (status.running, status.desired) == (1, 2)
    counts.ask(1, reason="test", actor="ann")
    counts.current.refresh()
    status = get_consumer_manager().status()
    assert (status.running, status.desired, status.converged) == (1, 1, False)


def test_one_with_kinds_of_its_own_is_shown_and_is_not_one_of_the_number(host: Host) -> None:
    own = Host("own", lambda: 1)
    own.supervisor.seats = OwnSeats(1)
    own.step()
    for worker in (*host.supervisor.workers, *own.supervisor.workers):
        beat(worker.name, pid=worker.pid)
    status = get_consumer_manager().status()
    own.end()
    assert [(each.name, each.seat) for each in status.consumers] == [("a:1", 1), ("a:2", 2), ("own:1", None)]
    assert (status.running, status.converged) == (2, True)


def test_a_report_is_forgotten_unless_it_is_renewed(host: Host) -> None:
    key = WORKER_KEY.format("a:1")
    assert 0 < client("control").pttl(key) <= reports.LIFE_MS
    client("control").pexpire(key, 100)
    host.step()
    assert client("control").pttl(key) > 100


def test_what_a_real_consumer_beats_is_understood(host: Host, held: None) -> None:
    put("health", *readings(3))
    subject = entries.consumer("a:1")
    entries.drain(subject)
    subject.beat()
    worker = host.supervisor.workers[0]
    client("control").hset(CONSUMER_KEY.format("a:1"), "pid", worker.pid)
    first = get_consumer_manager().status().consumers[0]
    assert (first.stored, first.dead, first.error, first.pending) == (3, 0, "", 0)


def test_without_redis_nothing_is_claimed_to_be_known(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock?db=0"
    with pytest.raises(redis_py.ConnectionError):
        get_consumer_manager().status()


def test_scaling_says_what_was_and_what_is() -> None:
    manager = get_consumer_manager()
    assert manager.scale(4, reason="peak", actor="ann") == Scaled(2, 4, 1)
    assert manager.preview(3) == Scaled(4, 3, 1)
    assert counts.read() == Count(4, 4, 1)
    assert manager.scale(4, reason="peak", actor="ann") == Scaled(4, 4, 1)


@pytest.mark.parametrize("ask", ["scale", "preview"])
def test_a_number_that_is_not_allowed_changes_nothing(ask: str) -> None:
    manager = get_consumer_manager()
    with pytest.raises(OutOfRange):
        manager.preview(0) if ask == "preview" else manager.scale(0, reason="x", actor="ann")
    assert counts.read().version == 0


def test_a_conflict_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = counts.read()
    get_consumer_manager().scale(3, reason="x", actor="ann")
    monkeypatch.setattr(counts, "read", lambda: seen)
    with pytest.raises(CountConflict):
        get_consumer_manager().scale(4, reason="x", actor="bob")
