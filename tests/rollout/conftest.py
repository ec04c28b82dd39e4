"""What the rollout tests start from."""

import pytest

from rollout import routes
from streaming import safety
from streaming.safety import Gate


@pytest.fixture
def open_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream path that is open, whatever Redis says."""
    monkeypatch.setattr(safety.current, "_value", Gate(True))
    monkeypatch.setattr(safety.current, "_tried_at", float("inf"))


@pytest.fixture
def known(db: None) -> None:
    """The routes of the database, read now."""
    routes.current.refresh()
