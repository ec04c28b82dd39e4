"""Moving traffic by hand: beside no plan, and in an emergency only downwards."""

import sys
import types
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from rollout import manual, traffic
from rollout.models import Change, Rollback, Route
from rollout.plans.errors import Conflict
from tests.rollout.plans.stage import S, brought

pytestmark = pytest.mark.usefixtures("db")


def switch(percentage: str | None = "20", **asked: Any) -> list[Change]:
    share = None if percentage is None else Decimal(percentage)
    return manual.switch(percentage=share, actor="wang", reason="by hand", **asked)


def shares() -> dict[str, Decimal]:
    return dict(Route.objects.values_list("kind", "percentage"))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is asked of the way back, which here is a row and a switch."""
    found: list[dict[str, Any]] = []

    def execute_rollback(strategy: str, reason: str, actor: str, **more: Any) -> Rollback:
        found.append({"strategy": strategy, "reason": reason, "actor": actor, **more})
        row = Rollback.objects.create(
            strategy=strategy, kinds=more["kinds"], target=more["target"], before={}, source=more["source"],
            actor=actor, reason=reason, requested_at=timezone.now(), active=None,
        )  # fmt: skip
        traffic.switch(
            percentage=more["target"], kinds=more["kinds"], actor=actor, reason=reason, source="rollback", rollback=row
        )
        return row

    module = types.ModuleType("rollout.rollback")
    module.execute_rollback = execute_rollback  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rollout.rollback", module)
    return found


def test_without_a_plan_shares_are_set_by_hand() -> None:
    assert {change.source for change in switch("20", mirror=Decimal(5))} == {"manual"}
    assert shares() == {"health": 20, "device": 20, "event": 20}
    switch(None, mirror=Decimal(1), kinds=["health"])
    assert shares()["health"] == 20
    assert Route.objects.get(kind="health").mirror_percentage == 1


@pytest.mark.parametrize("status", [S.RUNNING, S.PAUSED, S.SOAKING, S.ROLLING_BACK, S.DRAINING])
def test_beside_an_active_plan_nothing_is_moved_by_hand(status: str) -> None:
    brought(status)
    before = shares()
    for percentage in ("0", "3", "100"):
        with pytest.raises(Conflict, match="autumn"):
            switch(percentage)
    with pytest.raises(Conflict, match="autumn"):
        switch(None, mirror=Decimal(5))
    assert shares() == before


@pytest.mark.parametrize("status", [S.DRAFT, S.APPROVED, S.COMPLETED, S.ROLLED_BACK, S.CANCELLED])
def test_a_plan_that_moves_nothing_is_not_in_the_way(status: str) -> None:
    brought(status)
    switch("20")
    assert shares()["health"] == 20


def test_beside_a_rollback_nothing_is_moved_by_hand() -> None:
    Rollback.objects.create(
        strategy="immediate", kinds=["health"], target=0, before={}, source="x", actor="x", reason="x",
        requested_at=timezone.now(),
    )  # fmt: skip
    with pytest.raises(Conflict, match="rollback"):
        switch("20")
    assert shares()["health"] == 0


def test_an_emergency_lowers_by_the_way_back(asked: list[dict[str, Any]]) -> None:
    brought(S.RUNNING)
    changes = switch("2", emergency=True, kinds=["health"])
    assert asked == [
        {
            "strategy": "to-percentage",
            "reason": "by hand",
            "actor": "wang",
            "kinds": ["health"],
            "target": Decimal(2),
            "source": "manual",
        }
    ]
    assert [(change.kind, change.to_percentage) for change in changes] == [("health", 2)]


@pytest.mark.parametrize(("percentage", "mirror"), [("6", None), ("100", None), (None, None), (None, 0), ("0", 0)])
def test_an_emergency_raises_nothing(asked: list[dict[str, Any]], percentage: str | None, mirror: int | None) -> None:
    brought(S.RUNNING)
    with pytest.raises(Conflict):
        switch(percentage, mirror=mirror, emergency=True)
    assert asked == []
    assert shares()["health"] == 5


def test_an_emergency_that_would_raise_one_of_its_kinds_lowers_none(asked: list[dict[str, Any]]) -> None:
    switch("50", kinds=["health"])
    with pytest.raises(Conflict, match="device, event"):
        switch("20", emergency=True, kinds=["device", "event", "health"])
    assert asked == []


def test_an_emergency_at_the_present_share_ends_the_plan_and_else_does_nothing(asked: list[dict[str, Any]]) -> None:
    assert switch("0", emergency=True) == []
    assert asked == []
    brought(S.RUNNING)
    assert switch("5", emergency=True) == []
    assert len(asked) == 1


def test_who_decided_on_an_older_epoch_is_refused(asked: list[dict[str, Any]]) -> None:
    switch("50")
    for emergency in (False, True):
        with pytest.raises(traffic.RouteConflict):
            switch("20", kinds=["health"], expected_epochs={"health": 1}, emergency=emergency)
    with pytest.raises(traffic.UnknownRoute):
        switch("20", kinds=["blood"], emergency=True)
    with pytest.raises(traffic.UnknownRoute):
        switch("20", kinds=["blood"])
    assert shares()["health"] == 50
