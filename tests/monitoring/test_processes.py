"""Which processes live, and what they say of themselves."""

import time
from collections.abc import Iterator

import pytest

from ljwx import databaseclock
from monitoring import flushing, processes
from monitoring.models import ProcessReport
from monitoring.processes import Role


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(processes, "_descriptions", {})
    yield
    processes.begin("")


def test_a_process_reports_what_it_goes_by_and_since_when(db: None) -> None:
    epochs = {"health": 3}
    processes.describe("epochs", lambda: epochs)
    processes.begin(Role.WEB)
    before = databaseclock.now()
    flushing.flush()
    (first,) = processes.live()
    assert (first.name, first.role) == (processes.name(), "web")
    assert first.facts == {"version": processes.version(), "epochs": {"health": 3}}
    assert before - 0.01 <= first.started <= first.seen_at <= databaseclock.now()
    epochs["health"] = 4
    flushing.flush()
    (second,) = processes.live()
    assert second.facts["epochs"] == {"health": 4}
    assert second.started == first.started
    assert second.seen_at >= first.seen_at


def test_only_those_seen_within_a_few_seconds_live(db: None) -> None:
    for name, role, seen_at in (("a", "web", 100.0), ("b", "web", 104.0), ("c", "consumer", 104.9)):
        ProcessReport.objects.create(name=name, role=role, started=1.0, seen_at=seen_at, data="{}")
    assert [each.name for each in processes.live(moment=105.0)] == ["a", "b", "c"]
    assert [each.name for each in processes.live(moment=105.1)] == ["b", "c"]
    assert [each.name for each in processes.live(moment=105.1, role=Role.WEB)] == ["b"]
    assert [each.name for each in processes.live(moment=105.1, within=0.5)] == ["c"]
    assert processes.live() == []


def test_a_process_without_a_role_reports_nothing(db: None) -> None:
    flushing.flush()
    assert not ProcessReport.objects.exists()


def test_a_process_that_ends_is_gone_at_once_and_stays_so(db: None) -> None:
    processes.begin(Role.CONSUMER)
    flushing.flush()
    flushing.finish()
    flushing.flush()
    assert not ProcessReport.objects.exists()


def test_a_report_older_than_fifteen_minutes_is_deleted(db: None) -> None:
    for name, seen_at in (("a", 99.0), ("b", 100.0)):
        ProcessReport.objects.create(name=name, role="web", started=1.0, seen_at=seen_at, data="{}")
    assert processes.prune(moment=1000.0) == 1
    assert ProcessReport.objects.get().name == "b"


def test_the_database_shows_the_time_of_1970_in_any_zone(db: None) -> None:
    # A wrong time zone would be hours away.
    assert abs(databaseclock.now() - time.time()) < 60
