"""Real consumer processes that die at the worst places, and real servers that end under them: nothing is lost."""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from ingest.models import HealthData
from ingest.records import Health
from ljwx.redis import client
from monitoring import alarms
from streaming import backlog, groups, losses, registry
from streaming.consumer import Consumer
from streaming.envelope import FIELD
from streaming.failures import Unavailable
from streaming.models import DeadLetter
from tests import servers
from tests.managed import ROOT, Managed, environment
from tests.polling import until
from tests.streaming import entries
from tests.streaming.entries import FIVE, put, readings

HEALTH = registry.get("health")
POINTS = ["read", "before_sql", "bisecting", "committed", "acked", "claiming"]


def rest() -> int:
    return sum(backlog.measure(kind).total for kind in registry.kinds())


def rows() -> dict[str, int]:
    """How many readings of each device are stored."""
    found: dict[str, int] = {}
    for serial in HealthData.objects.values_list("device_sn", flat=True):
        found[serial] = found.get(serial, 0) + 1
    return found


@pytest.mark.parametrize("point", POINTS)
def test_a_consumer_that_dies_anywhere_loses_nothing_and_stores_nothing_twice(
    manage: Callable[..., Managed], point: str
) -> None:
    for number in range(20):
        put("health", *readings(3, f"S{number}"))
    # Refused by every database: no JSON.
    put("health", Health("BAD", FIVE, sleep_data="{not json"), *readings(3, "S20"))
    client("control").xadd(HEALTH.stream, {FIELD: b"\xc1"})
    if point == "claiming":
        groups.ensure(client("control"), HEALTH)
        client("control").xreadgroup(HEALTH.group, "dead:1", {HEALTH.stream: ">"})
    argv = ["run_consumers", "--slot=a:1", "--batch-size=5", "--kinds=health,device,event"]
    env = {"LJWX_CONSUMER_CLAIM_IDLE_MS": "100"}
    dying = manage(*argv, **env, LJWX_FAILPOINT=f"consumer.{point}:1")
    assert dying.wait(60) == -signal.SIGKILL, dying.output()
    assert rest() > 0
    second = manage(*argv, **env)
    until(lambda: rest() == 0 or second.poll(), within=60)
    second.send_signal(signal.SIGTERM)
    assert second.wait(30) == 0, second.output()
    assert rest() == 0
    assert rows() == {f"S{number}": 3 for number in range(21)}
    assert sorted(DeadLetter.objects.values_list("category", flat=True)) == ["database", "undecodable"]
    assert losses.counted(client("control")) == {}


@pytest.fixture
def deadly(redis: object, transactional_db: None, tmp_path: Path) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """Starts a consumer process called a:1 that the device DEADLY kills."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        argv = [sys.executable, "-m", "tests.streaming.deadly", "a:1"]
        with (tmp_path / "deadly.log").open("ab") as log:
            env = environment(connection.settings_dict)
            process = subprocess.Popen(argv, cwd=ROOT, env=env, stdout=log, stderr=log)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_an_entry_that_kills_every_process_is_kept_and_all_others_are_stored(
    deadly: Callable[[], "subprocess.Popen[bytes]"],
) -> None:
    put("health", *readings(1, "A"))
    put("health", *readings(1, "DEADLY"))
    put("health", *readings(1, "B"))
    for _ in range(4):
        assert deadly().wait(60) == -signal.SIGKILL
    fifth = deadly()
    until(lambda: rows() == {"A": 1, "B": 1}, within=60)
    put("health", *readings(1, "C"))
    until(lambda: rows() == {"A": 1, "B": 1, "C": 1}, within=60)
    assert fifth.wait(60) == -signal.SIGKILL  # it was tried again
    deadly()
    until(lambda: [alarm.name for alarm in alarms.standing()] == ["suspect:health"], within=60)
    assert (rest(), DeadLetter.objects.count()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_a_redis_that_ends_and_starts_again_loses_nothing(settings: Any, request: pytest.FixtureRequest) -> None:
    folder = Path(tempfile.mkdtemp(prefix="ljwx-", dir="/tmp"))  # a path short enough for a socket
    request.addfinalizer(lambda: shutil.rmtree(folder, ignore_errors=True))
    with servers.redis(folder) as url:
        settings.REDIS_URL = f"{url}?db=0"
        subject = entries.consumer(kinds=[HEALTH])
        put("health", *readings(2, "BEFORE"))
        entries.drain(subject)
        put("health", *readings(2, "PENDING"))
        client("control").xreadgroup(HEALTH.group, subject.name, {HEALTH.stream: ">"})
        put("health", *readings(2, "UNREAD"))
    stopping = RedisReturns(folder)
    subject.run(stopping)
    assert (rows(), stopping.waited > 0) == ({"BEFORE": 2, "PENDING": 2, "UNREAD": 2}, True)
    assert stopping.lost == {}


class RedisReturns:
    """Stops a consumer when everything is stored; starts Redis again, on its data, at the third wait."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.waited = 0
        self.lost: dict[str, int] = {}
        self.server: Any = None

    def is_set(self) -> bool:
        done = self.server is not None and len(rows()) == 3 and rest() == 0
        if done:
            losses.Losses(client("control")).unread(HEALTH)
            self.lost = losses.counted(client("control"))
            self.server.__exit__(None, None, None)
        return done

    def wait(self, timeout: float) -> bool:
        self.waited += 1
        if self.waited == 3:
            self.server = servers.redis(self.folder)
            self.server.__enter__()
        return False


@pytest.mark.django_db(transaction=True)
def test_a_database_connection_that_is_killed_is_renewed(redis: object) -> None:
    if connection.vendor != "mysql":
        pytest.skip("SQLite has no connection that somebody could kill")
    subject = entries.consumer(kinds=[HEALTH])
    put("health", *readings(2, "A"))
    entries.drain(subject)
    put("health", *readings(2, "B"))
    other = connections.create_connection("default")
    with connection.cursor() as cursor, other.cursor() as killer:
        cursor.execute("SELECT CONNECTION_ID()")
        killer.execute(f"KILL {int(cursor.fetchone()[0])}")
    other.close()
    until(lambda: drained(subject))
    assert rows() == {"A": 2, "B": 2}


def drained(subject: Consumer) -> bool:
    """Whether everything could be stored at this try."""
    try:
        entries.drain(subject)
    except Unavailable:
        return False
    return True
