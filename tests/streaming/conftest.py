"""What the streaming tests start from."""

import pytest

from monitoring import alarms
from streaming import consumer


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alarms as a new process sees them: what another test has sounded is logged again."""
    monkeypatch.setattr(alarms, "_here", {})


@pytest.fixture
def held(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database whose connection a consumer does not close: it holds the test's transaction."""
    monkeypatch.setattr(consumer, "close_old_connections", lambda: None)
