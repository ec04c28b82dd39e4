"""Redis, and real manage.py processes, for every test. `bin/test` starts the servers; nothing here does."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

import ljwx.redis
from monitoring import processes, tallies
from streaming import breaker
from tests import servers
from tests.managed import ROOT, Managed, environment
from tests.run import temporary

# These start what they meet themselves.
WHOLE = ROOT / "tests" / "processes"
# Pages and answers over functions that have their own tests on both databases.
ONCE = tuple(ROOT / "tests" / "rollout" / name for name in ("admin", "api", "dashboard"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The run on MariaDB leaves out what uses no database, which pytest-django proves: it says the same on either. And
    the pages and answers of the control plane."""
    if not os.environ.get("LJWX_TEST_DATABASE_URL"):
        return
    left = [
        item
        for item in items
        if not ({*ONCE}.isdisjoint(item.path.parents) and (WHOLE in item.path.parents or uses_database(item)))
    ]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


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
