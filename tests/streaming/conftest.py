"""What the streaming tests start from."""

from typing import Any

import pytest

from monitoring import alarms
from streaming import consumer
from tests.streaming import oldest


@pytest.fixture(params=oldest.SERVERS)
def redis_url(request: pytest.FixtureRequest, redis_url: str, settings: Any) -> str:
    """Each test that meets Redis meets the oldest one too."""
    if request.param == "6.2":
        settings.REDIS_URL = request.getfixturevalue("redis_62")
    return str(settings.REDIS_URL)


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alarms as a new process sees them: what another test has sounded is logged again."""
    monkeypatch.setattr(alarms, "_here", {})


@pytest.fixture
def held(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database whose connection a consumer does not close: it holds the test's transaction."""
    monkeypatch.setattr(consumer, "close_old_connections", lambda: None)
