"""Which processes go by an epoch, by what they say themselves."""

from typing import Any

import pytest

from monitoring import processes
from monitoring.processes import Report
from rollout.confirmation import GONE_S, forced, unconfirmed, web, witnesses


def live(monkeypatch: pytest.MonkeyPatch, **told: Any) -> list[dict[str, Any]]:
    """These web processes live and say this; the queries that are made of them."""
    asked: list[dict[str, Any]] = []

    def answer(**query: Any) -> list[Report]:
        asked.append(query)
        return [Report(name, "web", 0.0, 0.0, facts) for name, facts in told.items()]

    monkeypatch.setattr(processes, "live", answer)
    return asked


@pytest.mark.parametrize(
    ("facts", "confirmed"),
    [
        ({"epochs": {"health": 7, "event": 3}}, True),
        ({"epochs": {"health": 8, "event": 9}}, True),
        ({"epochs": {"health": 6, "event": 3}}, False),
        ({"epochs": {"health": 7}}, False),
        ({"epochs": {}}, False),
        ({"epochs": None}, False),
        ({"epochs": {"health": "7", "event": "3"}}, False),
        ({}, False),
    ],
)
def test_a_process_confirms_by_routing_by_this_epoch_or_a_later_one(
    monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any], confirmed: bool
) -> None:
    live(monkeypatch, web1=facts)
    assert unconfirmed({"health": 7, "event": 3}) == ([] if confirmed else ["web1"])


def test_all_that_lag_are_named_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    live(monkeypatch, a={"epochs": {"health": 1}}, b={"epochs": {"health": 2}}, c={})
    assert unconfirmed({"health": 2}) == ["a", "c"]


def test_those_whose_share_is_forced_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    live(monkeypatch, a={"forced": None}, b={"forced": "0"}, c={})
    assert forced(web()) == ["b"]


def test_only_web_processes_that_were_seen_lately_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = live(monkeypatch)
    assert unconfirmed({"health": 2}) == []
    assert witnesses() == 0
    assert asked == [{"within": GONE_S, "role": "web"}] * 2
