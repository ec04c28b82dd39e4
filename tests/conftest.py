"""Redis, and real manage.py processes, for every test. `bin/test` starts the servers; nothing here does."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db import connection

import ljwx.redis
from monitoring import processes, tallies
from streaming import breaker
from tests import emptying, servers
from tests.managed import ROOT, Managed, environment
from tests.run import temporary

# How long a property takes says how busy the machine is, and nothing of the code.
hypothesis.settings.register_profile("busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy")
PROCESSES = ROOT / "tests" / "processes"
# Real processes meet the database that people run them on: SQLite under `bin/up`, a server elsewhere. The rest of them
# meets both.
EMBEDDED = {
    f"test_{name}.py"
    for name in ("api", "backups", "bodies", "demo", "drill", "metrics", "simulate", "up", "viewers", "web_stops")
}
SERVED = {
    f"test_{name}.py"
    for name in ("alerts", "consistency", "consumers", "controller", "evidence", "rollback", "scaling")
}
ON_A_SERVER_TOO = {"test_it_becomes_ready_takes_an_upload_and_stops_in_order"}
# Pages and answers over functions that have their own tests on both databases.
ONCE = tuple(ROOT / "tests" / "rollout" / name for name in ("admin", "api", "dashboard", "reporting"))


def pytest_configure(config: pytest.Config) -> None:
    emptying.begin()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each run leaves out what says the same in the other one."""
    wanted = on_server if os.environ.get("LJWX_TEST_DATABASE_URL") else on_sqlite
    chosen, left = [], []
    for item in items:
        (chosen if wanted(item) else left).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = chosen


def on_sqlite(item: pytest.Item) -> bool:
    """Whether the run on SQLite has this test."""
    return not (PROCESSES in item.path.parents and item.path.name in SERVED)


def on_server(item: pytest.Item) -> bool:
    """Whether the run on MariaDB has it: what uses no database, which pytest-django proves, is the other one's."""
    if PROCESSES in item.path.parents:
        return item.path.name not in EMBEDDED or getattr(item, "originalname", "") in ON_A_SERVER_TOO
    return {*ONCE}.isdisjoint(item.path.parents) and uses_database(item)


def uses_database(item: pytest.Item) -> bool:
    """Whether pytest-django lets this test use a database."""
    names = {"db", "transactional_db", "django_db_reset_sequences", "django_db_serialized_rollback", "live_server"}
    return item.get_closest_marker("django_db") is not None or not names.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.fixture(autouse=True)
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins with a Redis that has not been silent."""
    monkeypatch.setattr(breaker, "current", breaker.Breaker())


@pytest.fixture(autouse=True)
def untold() -> None:
    """Each test begins in a process that was told nothing and has no role."""
    tallies.forget()
    processes.begin("")


@pytest.fixture
def redis_url() -> str:
    """The Redis database of this process, in the server that `bin/test` has started."""
    if not os.environ.get("LJWX_TEST_REDIS"):
        pytest.fail("Redis is not running: start the tests with bin/test")
    if not settings.REDIS_URL.startswith(os.environ["LJWX_TEST_REDIS"]):
        pytest.fail("These are not the settings of the tests: start them with bin/test")
    return settings.REDIS_URL


@pytest.fixture
def redis(redis_url: str) -> "ljwx.redis.redis.Redis[bytes]":
    """A client of an empty Redis."""
    client = ljwx.redis.client("control")
    client.flushdb()
    return client


@pytest.fixture(scope="session")
def redis_62() -> Iterator[str]:
    """A Redis 6.2, the oldest that is promised, for this test process alone. Its URL."""
    with temporary() as folder, servers.redis(folder / "redis", program=servers.redis_62()) as url:
        yield f"{url}?db=0"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A Redis for this test process alone: what is set there must not disturb the tests that run beside. Its URL."""
    with temporary() as folder, servers.redis(folder / "redis") as url:
        yield f"{url}?db=0"


@pytest.fixture
def manage(redis: object, transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., Managed]]:
    """Starts manage.py: `manage("run_consumers", "--workers", "1", LJWX_CONSUMER_HOST="a")`; killed at the end."""
    started: list[Managed] = []

    def start(*args: str, **env: str) -> Managed:
        log = tmp_path / f"manage-{len(started)}.log"
        process = Managed(*args, log=log, env={**environment(connection.settings_dict), **env})
        started.append(process)
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
