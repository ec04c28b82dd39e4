"""How busy the other hosts are."""

import json

import pytest

from monitoring import machine
from monitoring.hosts import EVERY_S, Meter, busiest
from monitoring.models import ProcessReport
from monitoring.processes import name


def report(of: str, share: object, *, seen_at: float = 100.0) -> None:
    ProcessReport.objects.create(
        name=of, role="web", started=1.0, seen_at=seen_at, data=json.dumps({"cpu": share} if share != "silent" else {})
    )


def test_a_meter_tells_the_average_of_whole_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    now, used = [0.0], [0.0]
    monkeypatch.setattr(machine, "read", lambda: machine.Used(now[0], used[0], 2, "x"))
    subject = Meter(lambda: now[0])
    assert subject.share() is None
    now[0], used[0] = EVERY_S / 2, 5.0
    assert subject.share() is None
    now[0], used[0] = EVERY_S, 10.0
    assert subject.share() == 0.25
    now[0], used[0] = EVERY_S * 1.5, 50.0
    assert subject.share() == 0.25


def test_the_busiest_of_the_others_that_live_counts(db: None) -> None:
    report(name(), 0.99)
    report("b:1:1", 0.4)
    report("b:2:1", 0.5)
    report("c:1:1", 0.8, seen_at=100.0 - EVERY_S - 1)
    assert busiest(100.0) == 0.5


@pytest.mark.parametrize("share", ["silent", None, "much"])
def test_a_host_that_does_not_say_is_not_known(db: None, share: object) -> None:
    report("b:1:1", share)
    assert busiest(100.0) is None


def test_without_others_nothing_is_known_of_them(db: None) -> None:
    assert busiest(100.0) is None
