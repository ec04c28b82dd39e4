"""What the tests of the way back start from."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from monitoring import processes
from monitoring.processes import Report
from streaming import consumer

Reporting = Callable[..., None]


@pytest.fixture(autouse=True)
def alone(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One person is enough for a plan, and no process reports."""
    settings.PLAN_PEOPLE = 1
    settings.LEGACY_CAPACITY = 0
    monkeypatch.setattr(processes, "live", lambda **query: [])


@pytest.fixture
def held(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database whose connection a consumer does not close: it holds the test's transaction."""
    monkeypatch.setattr(consumer, "close_old_connections", lambda: None)


@pytest.fixture
def reporting(monkeypatch: pytest.MonkeyPatch) -> Reporting:
    """`reporting(a={"health": 2}, b={})`: these web processes live, and route by these epochs."""

    def report(**told: Mapping[str, int]) -> None:
        found = [Report(name, "web", 0.0, 0.0, {"epochs": epochs}) for name, epochs in told.items()]
        monkeypatch.setattr(processes, "live", lambda **query: found)

    return report


@pytest.fixture
def without_redis(settings: Any) -> None:
    """Nothing listens where Redis should be."""
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
