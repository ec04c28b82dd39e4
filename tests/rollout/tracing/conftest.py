"""What the tests of a trace start from: an empty Redis, and tables that a consumer's connection sees."""

import pytest

from streaming import consumer


@pytest.fixture(autouse=True)
def ground(redis: object, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The consumer does not close the connection, which holds the test's transaction."""
    monkeypatch.setattr(consumer, "close_old_connections", lambda: None)
