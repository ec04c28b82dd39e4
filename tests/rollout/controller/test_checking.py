"""Checks and repairs beside the rounds: when one is due, and what is left is carried on."""

import threading
from typing import Any

import pytest

from ingest.models import HealthData
from rollout import lease
from rollout.consistency import DatabaseConsistencyChecker, repairing
from rollout.consistency.errors import CheckRunning
from rollout.controller import checking
from rollout.controller.checking import Checks
from rollout.models import Check, Repair
from streaming import consumer
from tests.rollout.consistency.scene import consume, readings, send, settled

NEVER = threading.Event()


@pytest.fixture(autouse=True)
def ground(redis: object, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "close_old_connections", lambda: None)
    monkeypatch.setattr(DatabaseConsistencyChecker, "clock", staticmethod(settled))


class Here(Checks):
    """Works in the thread of the test, at once; keeps the windows that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[int | None] = []

    def ask(self, *, now: float) -> None:
        before, threading.Thread.start = threading.Thread.start, threading.Thread.run  # type: ignore[method-assign]
        try:
            super().ask(now=now)
        finally:
            threading.Thread.start = before  # type: ignore[method-assign]

    def _run(self, minutes: int | None) -> None:
        self.windows.append(minutes)
        super()._run(minutes)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Here:
    monkeypatch.setattr(checking, "close_old_connections", lambda: None)
    return Here()


def test_the_first_is_due_after_its_time_and_each_begins_where_the_last_has_ended(checks: Here, settings: Any) -> None:
    settings.CHECK_EVERY_MINUTES, settings.STREAM_RETENTION_MINUTES = 30, 60
    begun = settled()
    for minute in range(30):
        checks.ask(now=begun + minute * 60)
    assert checks.windows == []
    checks.ask(now=begun + 1_800)
    assert checks.windows == [31]
    (first,) = Check.objects.all()
    assert (first.actor, first.status) == ("schedule", "done")
    assert first.until_ms is not None
    due = first.until_ms / 1000 + settings.CHECK_GRACE_S + 1_800
    other = Here()
    other.ask(now=due - 1)
    other.ask(now=due + 62)
    assert other.windows == [33]
    other = Here()
    Check.objects.exclude(pk=first.pk).delete()
    other.ask(now=due + 90_000)
    assert other.windows == [60]


def test_it_is_never_due_when_nobody_wants_it(checks: Here, settings: Any) -> None:
    settings.CHECK_EVERY_MINUTES = 0
    for minute in range(100):
        checks.ask(now=settled() + minute * 60)
    assert checks.windows == []


def test_what_was_left_is_carried_on_at_once(checks: Here, settings: Any) -> None:
    settings.CHECK_EVERY_MINUTES = 0
    send(*readings(5))
    consume()
    HealthData.objects.filter(step=2).delete()
    checker = DatabaseConsistencyChecker(actor="ann", kinds=["health"])
    left = checker.begin(60, seconds=-1.0)
    assert left.status == "running"
    checks.ask(now=settled())
    left.refresh_from_db()
    assert (left.status, left.actor) == ("done", "ann")
    repairing.ask(left.pk, actor="ann", reason="x")
    checks.ask(now=settled())
    assert (Repair.objects.get().status, HealthData.objects.count()) == ("done", 5)
    assert checks.windows == [None, None]
    checks.ask(now=settled())
    assert len(checks.windows) == 2


def test_while_somebody_else_checks_it_waits(checks: Here) -> None:
    DatabaseConsistencyChecker(actor="ann").begin(60, seconds=-1.0)
    held = lease.take("check", holder="another", seconds=60.0)
    assert held is not None
    checks.ask(now=settled())
    assert Check.objects.get().status == "running"
    with pytest.raises(CheckRunning):
        checking.work(None, stopping=NEVER)
    held.release()
    checks.ask(now=settled() + checking.PAUSE_S + 1)
    assert Check.objects.get().status == "done"


def test_one_whose_entries_are_not_kept_any_more_is_given_up(settings: Any) -> None:
    left = DatabaseConsistencyChecker(actor="ann").begin(60, seconds=-1.0)
    Check.objects.update(until_ms=(left.until_ms or 0) - settings.STREAM_RETENTION_MINUTES * 60_000)
    checking.work(None, stopping=NEVER)
    left.refresh_from_db()
    assert (left.status, left.active) == ("abandoned", None)


def test_at_the_end_of_the_process_it_stops_after_a_chunk() -> None:
    send(*readings(5))
    consume()
    stopping = threading.Event()
    stopping.set()
    DatabaseConsistencyChecker(actor="ann").begin(60, seconds=-1.0)
    checking.work(5, stopping=stopping)
    assert Check.objects.get().status == "running"
