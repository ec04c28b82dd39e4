"""What a way back would do: exactly what it then does, and nothing by itself."""

from decimal import Decimal
from typing import Any

import pytest

from rollout import fleet
from rollout.models import Plan, Rollback
from rollout.rollback import execute_rollback, preview
from rollout.rollback.errors import RollbackRefused
from tests.rollout.rollback.scene import accepted, all_at, plan, share, shares

pytestmark = pytest.mark.usefixtures("db")


@pytest.mark.parametrize(
    ("strategy", "target"), [("immediate", None), ("previous-step", None), ("to-percentage", 20), ("gradual", None)]
)
def test_it_says_where_each_kind_will_go_and_changes_nothing(strategy: str, target: int | None) -> None:
    plan(Plan.Status.RUNNING)
    values = {"target": None if target is None else Decimal(target)}
    found = preview(strategy, **values)
    assert not Rollback.objects.exists()
    assert shares() == all_at(50)
    assert found.plan == Plan.objects.get()
    rollback = execute_rollback(strategy, "x", **values)
    first = {move.kind: move.through[0] if move.through else move.to for move in found.moves}
    assert shares() == first
    assert {move.to for move in found.moves} == {rollback.target}
    assert found.strategy == rollback.strategy


def test_it_tells_about_how_many_devices_move(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "_count", lambda: 12_000)
    share(30)
    share(5, "event")
    found = preview("to-percentage", target=Decimal(10))
    assert {move.kind: move.devices for move in found.moves} == {"device": 2_400, "health": 2_400, "event": 0}
    monkeypatch.setattr(fleet, "_count", None)
    assert {move.devices for move in preview("immediate").moves} == {None}


@pytest.mark.parametrize("force", [False, True])
def test_what_will_go_in_steps_is_told_unless_it_is_forced(settings: Any, force: bool) -> None:
    settings.LEGACY_CAPACITY = 100
    share(100)
    accepted("stream", 1_000)
    found = preview("immediate", force=force)
    assert found.headroom.fits is False
    assert (found.asked, found.strategy) == ("immediate", "immediate" if force else "gradual")
    assert {move.through for move in found.moves} == {() if force else (75, 50, 30, 10, 5)}


def test_what_is_no_way_back_is_refused() -> None:
    with pytest.raises(RollbackRefused):
        preview("to-percentage")
