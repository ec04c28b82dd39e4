"""Changing a share: route, epoch and history together, or not at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from rollout import routes, traffic
from rollout.models import Change, Route
from rollout.traffic import RouteConflict, UnknownRoute, switch

KINDS = ["health", "device", "event"]


def shares() -> dict[str, tuple[Decimal, int]]:
    return {
        kind: (percentage, epoch)
        for kind, percentage, epoch in Route.objects.values_list("kind", "percentage", "epoch")
    }


def change(percentage: str = "20", kinds: list[str] | None = None, **values: Any) -> list[Change]:
    return switch(percentage=Decimal(percentage), kinds=kinds or KINDS, actor="ann", reason="first step", **values)


def test_route_epoch_and_history_change_together(db: None) -> None:
    changes = change()
    assert shares() == dict.fromkeys(KINDS, (Decimal(20), 2))
    assert [(c.kind, c.epoch, c.from_percentage, c.to_percentage, c.source, c.actor, c.reason) for c in changes] == [
        (kind, 2, Decimal(0), Decimal(20), "manual", "ann", "first step") for kind in sorted(KINDS)
    ]
    assert sorted(Change.objects.values_list("kind", flat=True)) == sorted(KINDS)


def test_a_route_tells_since_when_it_has_its_share(db: None) -> None:
    before = timezone.now()
    Route.objects.update(updated_at=before - timedelta(hours=1))
    change(kinds=["health"])
    assert {route.kind for route in Route.objects.filter(updated_at__gte=before)} == {"health"}


def test_only_the_kinds_asked_for_change(db: None) -> None:
    change(kinds=["event"], source=Change.Source.ROLLBACK)
    assert shares() == {"event": (Decimal(20), 2), "device": (Decimal(0), 1), "health": (Decimal(0), 1)}
    assert Change.objects.get().source == "rollback"


def test_a_share_that_is_there_already_is_no_change(db: None) -> None:
    change()
    assert change() == []
    assert shares() == dict.fromkeys(KINDS, (Decimal(20), 2))
    assert Change.objects.count() == 3


def test_epochs_that_were_used_already_are_passed_over(db: None) -> None:
    change(beyond={"health": 40, "device": 1})
    assert {kind: epoch for kind, (_share, epoch) in shares().items()} == {"health": 41, "device": 2, "event": 2}
    # The share is there already, its epoch is not beyond.
    (again,) = change(beyond={"device": 7, "health": 41})
    assert (again.kind, again.epoch, again.from_percentage, again.to_percentage) == ("device", 8, 20, 20)


def test_an_unknown_kind_changes_nothing(db: None) -> None:
    with pytest.raises(UnknownRoute):
        change(kinds=["device", "nonsense"])
    assert shares() == dict.fromkeys(KINDS, (Decimal(0), 1))
    assert not Change.objects.exists()


def test_a_route_that_changed_since_it_was_looked_at_is_a_conflict(db: None) -> None:
    change("5", ["health"])
    with pytest.raises(RouteConflict):
        change(expected_epochs={"device": 1, "health": 1})
    assert shares()["device"] == (Decimal(0), 1)
    change(expected_epochs={"device": 1, "health": 2})
    assert shares()["health"] == (Decimal(20), 3)


@pytest.mark.parametrize("percentage", ["-0.01", "100.01"])
def test_a_share_that_can_not_be_is_refused_by_the_database(db: None, percentage: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        change(percentage)
    assert shares() == dict.fromkeys(KINDS, (Decimal(0), 1))


def test_this_process_uses_the_new_share_as_soon_as_it_is_committed(
    db: None, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    routes.current.refresh()
    with django_capture_on_commit_callbacks(execute=True):
        change("12.34")
        assert routes.current.get()["health"].below == 0
    assert routes.current.get()["health"].below == 1234


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_told_of_a_conflict_or_comes_after() -> None:
    start = Barrier(2)

    def work(percentage: str) -> str:
        try:
            start.wait()
            change(percentage, ["health"])
        except RouteConflict:
            return "conflict"
        finally:
            connections.close_all()
        return "changed"

    for number in range(5):
        with ThreadPoolExecutor(2) as threads:
            outcomes = list(threads.map(work, [f"{number}.1", f"{number}.2"]))
        assert "changed" in outcomes
    changes = list(Change.objects.filter(kind="health").order_by("epoch"))
    assert [c.epoch for c in changes] == list(range(2, 2 + len(changes)))
    assert all(after.from_percentage == before.to_percentage for before, after in pairwise(changes))
    assert shares()["health"] == (changes[-1].to_percentage, changes[-1].epoch)


def test_a_route_that_changes_between_reading_and_writing_is_a_conflict(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Route.objects.filter

    def meanwhile(**where: Any) -> Any:
        if "epoch" in where:
            real(kind="health").update(epoch=9)
        return real(**where)

    monkeypatch.setattr(traffic.Route.objects, "filter", meanwhile)
    with pytest.raises(RouteConflict):
        change(kinds=["health"])
    assert not Change.objects.exists()
