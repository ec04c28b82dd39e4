"""Moving traffic by hand: beside no plan, and in an emergency only downwards."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
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


def test_an_emergency_lowers_by_the_way_back_and_ends_the_plan() -> None:
    plan = brought(S.RUNNING)
    changes = switch("2", emergency=True, kinds=["health"])
    row = Rollback.objects.get()
    assert (row.strategy, row.source, row.actor, row.reason, row.target) == (
        "to-percentage", "manual", "wang", "by hand", 2,
    )  # fmt: skip
    assert [(change.kind, change.to_percentage, change.rollback) for change in changes] == [("health", 2, row)]
    assert shares()["health"] == 2
    plan.refresh_from_db()
    assert plan.status == S.ROLLING_BACK


@pytest.mark.parametrize(("percentage", "mirror"), [("6", None), ("100", None), (None, None), (None, 0), ("0", 0)])
def test_an_emergency_raises_nothing(percentage: str | None, mirror: int | None) -> None:
    plan = brought(S.RUNNING)
    with pytest.raises(Conflict):
        switch(percentage, mirror=mirror, emergency=True)
    plan.refresh_from_db()
    assert (plan.status, shares()["health"], Rollback.objects.count()) == (S.RUNNING, 5, 0)


def test_an_emergency_that_would_raise_one_of_its_kinds_lowers_none() -> None:
    switch("50", kinds=["health"])
    with pytest.raises(Conflict, match="device, event"):
        switch("20", emergency=True, kinds=["device", "event", "health"])
    assert shares()["health"] == 50


def test_an_emergency_at_the_present_share_ends_the_plan_and_else_does_nothing() -> None:
    assert switch("0", emergency=True) == []
    assert not Rollback.objects.exists()
    plan = brought(S.RUNNING)
    assert switch("5", emergency=True) == []
    plan.refresh_from_db()
    assert plan.status == S.ROLLING_BACK


def test_who_decided_on_an_older_epoch_is_refused() -> None:
    switch("50")
    for emergency in (False, True):
        with pytest.raises(traffic.RouteConflict):
            switch("20", kinds=["health"], expected_epochs={"health": 1}, emergency=emergency)
    with pytest.raises(traffic.UnknownRoute):
        switch("20", kinds=["blood"], emergency=True)
    with pytest.raises(traffic.UnknownRoute):
        switch("20", kinds=["blood"])
    assert shares()["health"] == 50


@pytest.mark.usefixtures("redis")
def test_the_admin_refuses_a_share_beside_an_active_plan_and_says_why(client: Client) -> None:
    brought(S.RUNNING)
    client.force_login(User.objects.create_superuser("root"))
    route = Route.objects.get(kind="health")
    asked = {"percentage": "30", "reason": "x", "drawn_from": route.epoch, "confirmed": "1"}
    response = client.post(f"/admin/rollout/route/{route.pk}/change/", asked)
    assert response.status_code == 302
    assert "autumn" in " ".join(str(message) for message in response.wsgi_request._messages)  # type: ignore[attr-defined]
    assert shares()["health"] == 5
