"""How far clocks are apart."""

import json
import time
from typing import Any

import pytest

from ljwx import databaseclock
from monitoring import clocks, flushing, processes
from monitoring.models import ProcessReport


def report(of: str, ahead_s: object, *, ago_s: float = 1.0) -> None:
    """A process whose clock was so much ahead when it was seen."""
    seen_at = databaseclock.now() - ago_s
    told = seen_at + ahead_s if isinstance(ahead_s, float) else ahead_s
    ProcessReport.objects.create(name=of, role="web", started=1.0, seen_at=seen_at, data=json.dumps({"clock": told}))


@pytest.mark.usefixtures("redis")
def test_each_host_that_lives_has_the_difference_of_its_nearest_process(db: None) -> None:
    report("a:1:1", -400.0)
    report("a:2:1", -399.0)
    report("b:1:1", 30.0)
    report("c:1:1", 0.0)
    report("gone:1:1", 90.0, ago_s=processes.LIVE_S + 1)
    report("silent:1:1", None)
    found = clocks.ahead()
    assert {host: round(seconds) for host, seconds in found.items()} == {"a": -399, "b": 30, "c": 0, "Redis": 0}


@pytest.mark.usefixtures("redis")
def test_a_process_tells_its_clock_with_every_report(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(processes._descriptions, clocks.FACT, lambda: time.time() - 86_400)
    processes.begin(processes.Role.WEB)
    flushing.flush()
    here = processes.name().split(":")[0]
    assert clocks.ahead()[here] == pytest.approx(-86_400, abs=60)


def test_a_redis_that_is_away_has_no_clock(db: None, settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    report("a:1:1", 0.0)
    assert list(clocks.ahead()) == ["a"]
