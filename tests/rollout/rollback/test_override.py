"""The override becomes a rollback: nothing springs back up when it goes."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rollout import override
from rollout.models import Plan, Rollback
from rollout.rollback import override as noting
from rollout.rollback.override import Watch
from tests.rollout.rollback.scene import all_at, no_fence, plan, share, shares

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.VAR_DIR = tmp_path
    settings.STREAM_FORCE_PERCENTAGE = ""
    monkeypatch.setattr(override.current, "_value", None)
    # Read at every look, however quickly they follow each other.
    monkeypatch.setattr(override.current, "clock", lambda: float("inf"))
    monkeypatch.setattr(override.current, "_tried_at", None)
    return tmp_path


def look(watch: Watch, now: float) -> Rollback | None:
    override.current.refresh()
    return watch.note(now=now, fence=no_fence)


@pytest.mark.parametrize(("text", "found"), [("0", 0), ("20", 20), ("12.345", 12.34), ("0.001", 0), ("none", 0)])
def test_what_it_forces_becomes_the_share_of_the_routes_and_the_plan_ends(
    folder: Path, text: str, found: float
) -> None:
    plan(Plan.Status.RUNNING)
    (folder / override.NAME).write_text(text)
    watch = Watch()
    assert look(watch, 100.0) is None
    rollback = look(watch, 102.0)
    assert rollback is not None
    assert (rollback.source, rollback.actor, rollback.forced) == ("override", "override", True)
    assert shares() == all_at(found)
    assert Plan.objects.get().status == Plan.Status.ROLLING_BACK
    (folder / override.NAME).unlink()
    look(watch, 200.0)
    assert shares() == all_at(found)


def test_a_file_that_is_being_written_is_not_taken_at_its_word(folder: Path) -> None:
    share(40)
    watch = Watch()
    (folder / override.NAME).write_text("5 or so, half writ")
    assert look(watch, 100.0) is None
    (folder / override.NAME).write_text("50")
    assert look(watch, 101.9) is None
    assert look(watch, 103.0) is None
    assert look(watch, 104.0) is None
    assert shares() == all_at(40)


def test_it_is_noted_once(folder: Path) -> None:
    share(40)
    (folder / override.NAME).write_text("0")
    watch = Watch()
    look(watch, 100.0)
    assert look(watch, 102.0) is not None
    assert look(watch, 103.0) is None
    assert Rollback.objects.count() == 1


def test_only_the_kinds_above_it_go_down(folder: Path) -> None:
    share(40)
    share(10, "event")
    (folder / override.NAME).write_text("20")
    watch = Watch()
    look(watch, 100.0)
    rollback = look(watch, 102.0)
    assert rollback is not None
    assert rollback.kinds == ["device", "health"]
    assert shares() == {"device": 20, "health": 20, "event": 10}


@pytest.mark.parametrize("text", ["", "100", "40"])
def test_what_forces_no_less_than_the_routes_is_not_noted(folder: Path, text: str) -> None:
    made = plan(Plan.Status.RUNNING, at=1)
    share(40)
    (folder / override.NAME).write_text(text)
    watch = Watch()
    look(watch, 100.0)
    assert look(watch, 110.0) is None
    made.refresh_from_db()
    assert made.status == Plan.Status.RUNNING


def test_a_controller_whose_lease_is_over_notes_nothing(settings: Any) -> None:
    settings.STREAM_FORCE_PERCENTAGE = "0"
    share(40)

    def lost() -> None:
        raise LookupError

    override.current.refresh()
    noting.note(now=100.0, fence=lost)
    with pytest.raises(LookupError):
        noting.note(now=103.0, fence=lost)
    assert shares() == all_at(Decimal(40))
