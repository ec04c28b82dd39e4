"""As many workers as there should be: over all hosts, whatever comes and goes."""

import logging
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import redis as redis_py

from ljwx.redis import CONSUMER_KEY, SEATS_KEY, SLOT_KEY, client
from monitoring import alarms
from streaming import groups, names, registry, retention, supervisor
from streaming.manager import get_consumer_manager
from streaming.seats import OwnSeats
from streaming.worker import State
from tests import servers
from tests.stops import Waits
from tests.streaming.entries import put, readings
from tests.streaming.fleet import Host, stubborn

HEALTH = registry.get("health")
Hosts = Callable[..., Host]
pytestmark = pytest.mark.usefixtures("redis", "db")


class Desired:
    """The number there should be."""

    count = 1

    def __call__(self) -> int:
        return self.count


@pytest.fixture
def desired() -> Desired:
    return Desired()


@pytest.fixture
def host(desired: Desired) -> Iterator[Hosts]:
    """Makes hosts; their processes are killed at the end."""
    made: list[Host] = []

    def make(name: str = "a", **values: Any) -> Host:
        made.append(Host(name, desired, **values))
        return made[-1]

    yield make
    for each in made:
        each.end()


def test_the_import_path_of_the_guide_works() -> None:
    assert supervisor.get_consumer_manager is get_consumer_manager


def test_a_single_consumer_serves_everything(host: Hosts) -> None:
    subject = host()
    subject.step()
    assert subject.started == [("a:1", ["event", "device", "health"])]


def test_a_second_one_serves_events_alone_and_the_first_goes_on_undisturbed(desired: Desired, host: Hosts) -> None:
    subject = host()
    subject.step()
    pid = subject.supervisor.workers[0].pid
    desired.count = 3
    subject.step()
    assert subject.started[1:] == [("a:2", ["event"]), ("a:3", ["event", "device", "health"])]
    assert subject.supervisor.workers[0].pid == pid


def test_fewer_consumers_are_those_of_the_highest_seats_and_everything_is_still_served(
    desired: Desired, host: Hosts
) -> None:
    desired.count = 3
    subject = host()
    subject.step()
    desired.count = 2
    subject.step()
    assert [(worker.seat, worker.state) for worker in subject.supervisor.workers] == [
        (1, State.RUNNING),
        (2, State.RUNNING),
        (3, State.DRAINING),
    ]
    subject.settle()
    assert subject.seated == [1, 2]
    desired.count = 1
    subject.step()
    subject.settle()
    (left,) = subject.supervisor.workers
    assert [kind.name for kind in left.kinds] == ["event", "device", "health"]
    assert len(subject.started) == 3


def test_one_that_ends_keeps_its_seat_until_it_has_ended(desired: Desired, host: Hosts) -> None:
    desired.count = 2
    subject = host(spawn=stubborn)
    subject.step()
    desired.count = 1
    subject.step()
    for _ in range(5):
        subject.step()
    assert client("control").hget(SEATS_KEY, "2") == subject.seats.token.encode()
    assert client("control").exists(SLOT_KEY.format("a:2"))
    desired.count = 2
    subject.step()
    assert subject.seated == [1]
    for _ in range(31):
        subject.step()
    subject.settle()
    assert subject.seated == [1, 2]
    assert len(subject.started) == 3


def test_what_has_ended_leaves_no_name_behind(desired: Desired, host: Hosts) -> None:
    desired.count = 2
    subject = host()
    subject.step()
    put("health", *readings(1))
    groups.ensure(client("control"), HEALTH)
    for name in subject.names:
        client("control").xgroup_createconsumer(HEALTH.stream, HEALTH.group, name)
        client("control").hset(CONSUMER_KEY.format(name), "pid", 1)
    desired.count = 1
    subject.step()
    subject.settle()
    assert [each["name"] for each in client("control").xinfo_consumers(HEALTH.stream, HEALTH.group)] == [b"a:1"]
    assert not client("control").exists(CONSUMER_KEY.format("a:2"))
    assert not client("control").exists(SLOT_KEY.format("a:2"))
    assert [each.name for each in get_consumer_manager().status().consumers] == ["a:1"]


def test_what_is_killed_in_the_middle_keeps_its_name_with_what_is_pending(
    desired: Desired, host: Hosts, caplog: pytest.LogCaptureFixture
) -> None:
    desired.count = 2
    subject = host()
    subject.step()
    put("health", *readings(1))
    groups.ensure(client("control"), HEALTH)
    client("control").xreadgroup(HEALTH.group, "a:2", {HEALTH.stream: ">"})
    desired.count = 1
    subject.step()
    subject.settle()
    assert names.pending(client("control"), HEALTH) == {"a:2": 1}
    assert "a:2 has left health entries pending" in caplog.text


def test_the_hosts_share_the_seats_evenly_and_there_are_never_too_many(desired: Desired, host: Hosts) -> None:
    desired.count = 4
    one, other = host("a"), host("b")
    one.step()
    assert one.seated == [1, 2, 3, 4]
    other.step()
    assert other.seated == []
    one.step()
    assert one.seated == [1, 2]
    assert len(one.supervisor.workers) + len(other.supervisor.workers) == 4
    one.settle()
    other.step()
    assert (one.seated, other.seated) == ([1, 2], [3, 4])
    desired.count = 1
    for each in (one, other, one, other):
        each.step()
        each.settle()
    assert (one.seated, other.seated) == ([1], [])


@pytest.mark.parametrize("hosts", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_total_is_what_is_desired_however_many_hosts_there_are(
    desired: Desired, host: Hosts, hosts: int, count: int
) -> None:
    desired.count = count
    fleet = [host(f"h{number}") for number in range(hosts)]
    for _ in range(4):
        for each in fleet:
            each.step()
            each.settle()
    assert sorted(seat for each in fleet for seat in each.seated) == list(range(1, count + 1))


def test_the_seats_of_a_host_that_is_gone_are_taken_by_another(desired: Desired, host: Hosts) -> None:
    desired.count = 2
    one, other = host("a"), host("b")
    one.step()
    other.step()
    client("control").hset(SEATS_KEY, f"at:{one.seats.token}", 1)  # as when its lease has ended
    other.step()
    assert other.seated == [1, 2]


def test_while_redis_is_away_the_workers_live_and_the_dead_are_started_again(
    host: Hosts, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = host()
    subject.step()
    worker = subject.supervisor.workers[0]

    def away(*args: Any) -> Any:
        raise redis_py.ConnectionError("refused")

    with monkeypatch.context() as patch:
        patch.setattr(subject.supervisor.connection, "execute_command", away)
        for _ in range(20):
            with pytest.raises(redis_py.ConnectionError):
                subject.step()
        assert worker.state is State.RUNNING
        assert worker._process
        worker._process.kill()
        worker._process.wait()
        for _ in range(3):
            with pytest.raises(redis_py.ConnectionError):
                subject.step()
        assert (worker.state, worker.restarts) == (State.RUNNING, 1)
    subject.step()
    assert subject.seated == [1]


def test_a_redis_that_comes_back_empty_moves_no_worker(desired: Desired, host: Hosts) -> None:
    desired.count = 4
    one, other = host("a"), host("b")
    for each in (one, other, one):
        each.step()
    one.settle()
    other.step()
    pids = [worker.pid for each in (one, other) for worker in each.supervisor.workers]
    client("control").flushdb()
    for each in (one, other):
        each.clock.now += 60  # away for a minute
    for each in (one, other) * 6:
        each.step()
    assert (one.seated, other.seated) == ([1, 2], [3, 4])
    assert [worker.pid for each in (one, other) for worker in each.supervisor.workers] == pids


def test_a_name_that_another_supervisor_holds_is_given_up_and_the_seat_gets_another(
    host: Hosts, caplog: pytest.LogCaptureFixture
) -> None:
    subject = host()
    subject.step()
    client("control").set(SLOT_KEY.format("a:1"), "another")
    subject.step()
    assert subject.supervisor.workers[0].state is State.DRAINING
    subject.settle()
    subject.step()
    assert subject.names == ["a:2"]
    assert client("control").get(SLOT_KEY.format("a:1")) == b"another"
    assert "slot a:1 was taken" in caplog.text


def test_a_full_redis_is_trimmed_before_anything_is_written(host: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = host()
    trimmed: list[str] = []
    monkeypatch.setattr(retention, "trim", lambda connection, kind: trimmed.append(kind.name))

    def full(*args: Any) -> Any:
        raise redis_py.exceptions.OutOfMemoryError("command not allowed")

    monkeypatch.setattr(subject.seats, "claim", full)
    with pytest.raises(redis_py.ResponseError):
        subject.step()
    assert trimmed == ["event", "device", "health"]


def test_names_that_nobody_uses_are_swept_in_time(host: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "GONE_MS", -1)
    put("health", *readings(1))
    groups.ensure(client("control"), HEALTH)
    client("control").xgroup_createconsumer(HEALTH.stream, HEALTH.group, "gone:1")
    host().step()
    assert names.pending(client("control"), HEALTH) == {}


def test_the_end_drains_every_worker_and_gives_everything_back(desired: Desired, host: Hosts) -> None:
    desired.count = 2
    subject, other = host(), host("b")
    subject.step()
    workers = list(subject.supervisor.workers)
    subject.supervisor.run(stopped())
    assert [worker.ended for worker in workers] == [True, True]
    assert not client("control").exists(SLOT_KEY.format("a:1"), SLOT_KEY.format("a:2"))
    other.step()
    assert other.seated == [1, 2]


def stopped() -> Event:
    flag = Event()
    flag.set()
    return flag


@pytest.mark.parametrize("error", [redis_py.TimeoutError("no answer"), KeyError("nobody thought of it")])
def test_the_loop_goes_on_when_something_fails(host: Hosts, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    subject = host()
    stopping = Waits(4)

    def step() -> None:
        raise error

    monkeypatch.setattr(subject.supervisor, "step", step)
    subject.supervisor.run(stopping)
    assert stopping.seconds == [1, supervisor.TICK_S] * 2


def test_a_supervisor_of_some_kinds_has_a_number_of_its_own(desired: Desired, host: Hosts) -> None:
    desired.count = 5
    subject = host()
    subject.supervisor.seats = OwnSeats(2)
    subject.step()
    subject.step()
    assert subject.seated == [1, 2]
    assert not client("control").exists(SEATS_KEY)


def test_a_crash_loop_is_reported_and_over_when_the_consumer_must_go(
    desired: Desired, host: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms, "_here", {})

    def failing() -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(["false"])
        process.wait()
        return process

    desired.count = 2
    subject = host(spawn=failing)
    for _ in range(15):
        subject.step()
    assert [alarm.name for alarm in alarms.standing()] == ["crashloop:a:1", "crashloop:a:2"]
    status = get_consumer_manager().status()
    assert [(each.name, each.state, each.restarts, each.exit_code) for each in status.consumers] == [
        ("a:1", State.BROKEN, 5, 1),
        ("a:2", State.BROKEN, 5, 1),
    ]
    assert status.running == 0
    desired.count = 1
    subject.step()
    subject.settle()
    assert [alarm.name for alarm in alarms.standing()] == ["crashloop:a:1"]


def test_a_worker_that_must_go_is_logged_once(desired: Desired, host: Hosts, caplog: pytest.LogCaptureFixture) -> None:
    desired.count = 2
    subject = host(spawn=stubborn)
    subject.step()
    desired.count = 1
    with caplog.at_level(logging.INFO):
        subject.step()
        subject.step()
    assert caplog.text.count("a:2 has no seat any more") == 1


def test_a_full_redis_does_not_keep_consumers_from_being_started_and_seen(
    desired: Desired, host: Hosts, folder: Path, settings: Any
) -> None:
    settings.REDIS_URL = f"unix://{folder}/redis/redis.sock?db=0"
    with servers.redis(folder / "redis"):
        client("control").config_set("maxmemory", 1)
        with pytest.raises(redis_py.exceptions.OutOfMemoryError):
            client("control").set("x", "y")
        desired.count = 2
        subject = host()
        for _ in range(2):
            subject.step()
        assert subject.seated == [1, 2]
        assert [each.name for each in get_consumer_manager().status().consumers] == ["a:1", "a:2"]
        subject.end()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="ljwx-", dir="/tmp") as path:
        yield Path(path)
