"""What a rollback asks the rolling check: whether its window was compared, and agrees."""

from typing import Any

import pytest

from ingest.models import HealthData
from rollout.consistency import window
from rollout.rollback import verifying
from rollout.rollback.verifying import Found, Window
from tests.polling import until
from tests.rollout.consistency.scene import advance, consume, now_ms, readings, send, settled


def asked(now: float) -> Window:
    """A window of the last hours that ended a minute ago."""
    last = now_ms() // 60_000 - 1
    return Window(("health", "event"), last - 120, last, now)


def answered(of: Window) -> Found:
    """What it says in the end: each call carries the check on for a moment."""
    found = until(lambda: window.compared(of), within=30)
    assert isinstance(found, Found)
    return found


def test_every_process_asks_it() -> None:
    assert window.compared in verifying._checks


def test_what_was_compared_and_agrees_is_right() -> None:
    advance(now=settled(0.0))
    received = now_ms() - 90_000
    send(*readings(4), received_ms=received)
    consume()
    found = answered(asked(settled()))
    assert found.right
    assert str(found.said).startswith("by comparison: 4 records agree since ")


def test_the_check_is_carried_on_and_waited_for(settings: Any) -> None:
    assert window.compared(asked(settled(0.0))) is None
    right = settings.REDIS_URL
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert window.compared(asked(settled())) is None
    late = window.compared(asked(settled(window.PATIENCE_S + 200)))
    assert late is not None
    assert (late.right, str(late.said)) == (False, "not compared in time: event, health")
    settings.REDIS_URL = right
    found = answered(asked(settled()))
    assert found.right


@pytest.mark.parametrize(("earlier", "right"), [(0, False), (1, True)])
def test_what_was_not_stored_as_sent_counts_in_its_window_alone(earlier: int, right: bool) -> None:
    advance(now=settled(-400.0))
    sent_ms = now_ms() - 150_000
    send(*readings(4), identifier=f"{sent_ms}-1", received_ms=sent_ms)
    consume()
    HealthData.objects.filter(step=1).delete()
    last = sent_ms // 60_000 - earlier
    assert answered(Window(("health",), last - 120, last, settled())).right is right
