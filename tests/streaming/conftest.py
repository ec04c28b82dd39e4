"""What the streaming tests start from."""

from collections.abc import Iterator

import pytest

from monitoring import alarms
from streaming import consumer
from tests import servers
from tests.run import temporary


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A Redis for this test process alone: what is set there must not close the gate of tests that run beside. Its
    URL."""
    with temporary() as folder, servers.redis(folder / "redis") as url:
        yield f"{url}?db=0"


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alarms as a new process sees them: what another test has sounded is logged again."""
    monkeypatch.setattr(alarms, "_here", {})


@pytest.fixture
def held(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database whose connection a consumer does not close: it holds the test's transaction."""
    monkeypatch.setattr(consumer, "close_old_connections", lambda: None)
