"""What the ingest tests start from: a fixed time of receipt, fresh routes, and a gate that has looked at Redis."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ingest import upload
from rollout import routes
from streaming import consumer, safety

RECEIVED = datetime(2026, 9, 15, 12, 0, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> float:
    """The time at which the edge receives everything, in epoch seconds."""
    monkeypatch.setattr(upload, "clock", RECEIVED.timestamp)
    return RECEIVED.timestamp()


@pytest.fixture
def edge(db: None, redis: object, received: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edge that knows the routes (0 % each) and that Redis is safe."""
    # It would close the connection that holds the test's transaction.
    monkeypatch.setattr(consumer, "close_old_connections", lambda: None)
    routes.current.refresh()
    safety.current.refresh()
