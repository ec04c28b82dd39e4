"""What a process refreshes beside its work goes on whatever becomes of one try."""

import threading

import pytest
from django import db

from ljwx import background


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_goes_on_after_a_connection_that_can_not_even_be_closed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    loaded = threading.Event()
    closed: list[int] = []

    def close() -> None:
        closed.append(1)
        if len(closed) == 1:
            raise db.ProgrammingError("closing a closed connection")

    def load() -> str:
        loaded.set()
        # Ends the thread, for no test may leave one.
        raise SystemExit

    monkeypatch.setattr(background, "INTERVAL", 0.01)
    monkeypatch.setattr(background, "_everything", [])
    monkeypatch.setattr(db, "close_old_connections", close)
    value = background.Refreshed("a value", load, initial="", errors=())
    background.start(value)
    assert loaded.wait(10)
    for thread in threading.enumerate():
        if thread.name == "refreshes a value":
            thread.join(10)
    assert "a value can not be refreshed, the last value stays" in caplog.text
