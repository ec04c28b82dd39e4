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
from tests.managed import Managed, environment


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
