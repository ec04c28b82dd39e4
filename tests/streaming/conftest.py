"""What the streaming tests start from."""

import pytest

from streaming import consumer


@pytest.fixture
def held(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database whose connection a consumer does not close: it holds the test's transaction."""
    monkeypatch.setattr(consumer, "close_old_connections", lambda: None)
