"""`run_consumers` and `scale_consumers` with real processes and signals: as many as desired, and nothing lost."""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis as redis_py
from django.conf import settings
from django.db import connection

from ingest.models import HealthData
from ljwx.redis import AUTOSCALER_KEY, client
from ljwx.up import system
from ljwx.up.address import Address
from monitoring import alarms
from streaming import counts, names, registry
from streaming.manager import Status, get_consumer_manager
from streaming.worker import State
from tests import servers
from tests.managed import Managed
from tests.polling import until
from tests.streaming.entries import pending, put, readings

HEALTH = registry.get("health")
START_S = 60.0
# In the order in which a consumer serves them.
EVERY_KIND = ["event", "device", "health", "event-shadow", "device-shadow", "health-shadow"]
Manage = Callable[..., Managed]


def status() -> Status | None:
    """What there is; None while Redis is away."""
    with contextlib.suppress(redis_py.RedisError):
        return get_consumer_manager().status()
    return None


def converged(count: int) -> Status:
    """The status as soon as exactly `count` consumers run, and that many should."""

    def there() -> Status | None:
        found = status()
        return found if found and found.converged and found.running == count else None

    return until(there, within=START_S)


def hosts(found: Status) -> dict[str, int]:
    seen = [each.host for each in found.consumers]
    return {name: seen.count(name) for name in sorted(set(seen))}


def alive(pid: int | None) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_scaling_up_and_down_under_load_stores_every_record_and_leaves_no_name(manage: Manage) -> None:
    supervisor = manage("run_consumers", "--workers", "1", LJWX_CONSUMER_HOST="a")
    (one,) = converged(1).consumers
    assert one.kinds == EVERY_KIND
    sent = 0

    def send() -> None:
        nonlocal sent
        put("health", *readings(20, f"S{sent}"))
        sent += 20

    scaling = manage("scale_consumers", "3", "--reason", "peak", "--wait", "60")
    until(lambda: send() or scaling.poll() is not None, within=START_S)
    assert scaling.returncode == 0, scaling.output()
    found = converged(3)
    assert [(each.seat, each.kinds) for each in found.consumers] == [
        (1, EVERY_KIND),
        (2, ["event"]),
        (3, EVERY_KIND),
    ]
    assert found.consumers[0].pid == one.pid
    scaling = manage("scale_consumers", "1", "--reason", "over", "--wait", "60")
    until(lambda: send() or scaling.poll() is not None, within=START_S)
    assert scaling.returncode == 0, scaling.output()
    (left,) = converged(1).consumers
    assert left.pid == one.pid
    assert not any(alive(each.pid) for each in found.consumers[1:])
    until(lambda: HealthData.objects.count() == sent and pending("health") == 0)
    assert list(names.pending(client("control"), HEALTH)) == ["a:1"]
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(60) == 0, supervisor.output()
    assert status() == get_consumer_manager().status()
    assert not get_consumer_manager().status().consumers


def test_two_hosts_are_one_fleet_and_the_survivor_takes_over_from_the_killed(manage: Manage) -> None:
    one = manage("run_consumers", "--workers", "3", LJWX_CONSUMER_HOST="a", LJWX_CONSUMER_AUTOSCALE="1")
    converged(3)
    manage("run_consumers", LJWX_CONSUMER_HOST="b", LJWX_CONSUMER_AUTOSCALE="1")
    until(lambda: hosts(converged(3)) == {"a": 2, "b": 1}, within=START_S)
    orphans = [each.pid for each in converged(3).consumers if each.host == "a"]
    assert client("control").exists(AUTOSCALER_KEY)
    one.kill()
    one.wait()
    until(lambda: not any(alive(pid) for pid in orphans))
    client("control").delete(AUTOSCALER_KEY)  # as when its lease has ended
    put("health", *readings(10))
    until(lambda: hosts(converged(3)) == {"b": 3}, within=START_S)
    until(lambda: client("control").exists(AUTOSCALER_KEY))
    until(lambda: HealthData.objects.count() == 10 and pending("health") == 0)


def test_a_crash_loop_is_broken_and_reported(manage: Manage) -> None:
    manage("run_consumers", "--workers", "1", LJWX_CONSUMER_HOST="a")
    killed: set[int] = set()

    def broken() -> bool:
        for each in get_consumer_manager().status().consumers:
            if each.pid and each.beat_age_s is not None and each.pid not in killed:
                killed.add(each.pid)
                os.kill(each.pid, signal.SIGKILL)
        return any(each.state is State.BROKEN for each in get_consumer_manager().status().consumers)

    until(broken, within=START_S)
    (shown,) = get_consumer_manager().status().consumers
    assert (shown.restarts, shown.exit_code, len(killed)) == (5, -signal.SIGKILL, 5)
    assert [alarm.name for alarm in alarms.standing()] == ["crashloop:a:1"]
    # The circuit of one does not hold up the others.
    counts.ask(2, reason="test", actor="ann")
    until(lambda: get_consumer_manager().status().running == 1, within=START_S)


def test_a_start_with_a_number_sets_it_but_a_restart_by_up_keeps_what_was_asked_meanwhile(manage: Manage) -> None:
    counts.ask(3, reason="test", actor="ann")
    consumers, *_ = system.programs(Address("127.0.0.1", 1), workers=1, web_workers=0, allowed_hosts="")
    words = [str(word) for word in consumers.argv]
    since = f"{float(words[words.index('--started') + 1]) - 60:.3f}"
    first = manage(*words[2:-1], since, LJWX_CONSUMER_HOST="a")
    converged(3)
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0, first.output()
    manage("run_consumers", "--workers", "1", LJWX_CONSUMER_HOST="a")
    converged(1)
    assert counts.read().wanted == 1


def test_a_start_without_a_database_has_the_number_it_was_given(manage: Manage) -> None:
    supervisor = manage("run_consumers", "--workers", "3", LJWX_DATABASE_URL="sqlite:////nowhere/ljwx.sqlite3")
    until(lambda: get_consumer_manager().status().running == 3, within=START_S)
    assert "the database does not keep the number" in supervisor.output()


def test_a_number_that_is_not_allowed_is_a_usage_error(manage: Manage) -> None:
    process = manage("run_consumers", "--workers", "9")
    assert process.wait(60) == 2
    assert "LJWX_CONSUMER_MAX" in process.output()


def test_kinds_of_ones_own_take_no_part_in_the_fleet(manage: Manage) -> None:
    manage("run_consumers", "--workers", "1", "--kinds", "health", LJWX_CONSUMER_HOST="own")
    until(lambda: [each.kinds for each in get_consumer_manager().status().consumers] == [["health"]], within=START_S)
    assert counts.read().version == 0


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="ljwx-", dir="/tmp") as path:
        yield Path(path)


def test_a_redis_that_restarts_empty_finds_the_same_consumers_again(
    manage: Manage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", f"unix://{folder}/redis/redis.sock?db=0")
    with servers.redis(folder / "redis"):
        supervisor = manage("run_consumers", "--workers", "2", LJWX_CONSUMER_HOST="a")
        pids = {each.pid for each in converged(2).consumers}
    until(lambda: "waits for Redis" in supervisor.output())
    shutil.rmtree(folder / "redis")
    with servers.redis(folder / "redis"):
        assert {each.pid for each in converged(2).consumers} == pids
        put("health", *readings(10))
        until(lambda: HealthData.objects.count() == 10)
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(60) == 0, supervisor.output()


@pytest.mark.skipif("LJWX_TEST_DATABASE_URL" not in os.environ, reason="only a server has connections to kill")
def test_killed_database_connections_change_nothing(manage: Manage) -> None:
    supervisor = manage("run_consumers", "--workers", "2", LJWX_CONSUMER_HOST="a")
    pids = {each.pid for each in converged(2).consumers}
    put("health", *readings(10))
    until(lambda: HealthData.objects.count() == 10)

    def kill() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
            )
            found = [number for (number,) in cursor.fetchall()]
            for number in found:
                with contextlib.suppress(Exception):
                    cursor.execute(f"KILL {number}")
        return len(found)

    for round_ in range(3):
        assert until(kill) > 0
        put("health", *readings(10, f"R{round_}"))
        until(lambda expected=20 + round_ * 10: HealthData.objects.count() == expected)
    counts.ask(3, reason="test", actor="ann")
    assert pids < {each.pid for each in converged(3).consumers}
    assert supervisor.poll() is None
