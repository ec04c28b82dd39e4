"""The way back that needs no database: a variable, or a file that is looked at while uploads come."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ljwx import background
from rollout import override, routes
from rollout.routes import Share
from streaming import breaker, safety
from streaming.safety import Gate


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.VAR_DIR = tmp_path
    settings.STREAM_FORCE_PERCENTAGE = ""
    monkeypatch.setattr(override.current, "_value", None)
    monkeypatch.setattr(routes.current, "_value", {"health": Share(below=5_000, salt="plan-1", epoch=7)})
    monkeypatch.setattr(safety.current, "_value", Gate(True))
    return tmp_path


def paths() -> list[str]:
    """The paths of a hundred devices."""
    override.current.refresh()
    with background.holding():
        return [routes.decide("health", f"DEVICE{number}").path for number in range(100)]


@pytest.mark.parametrize(
    ("text", "found"),
    [("0", 0), (" 12.5 \n", "12.5"), ("100%", 100), ("20 %", 20)]
    + [(wrong, 0) for wrong in ("zero", "-1", "101", "NaN", "Infinity", "1e400", "1,5", "%")],
)
def test_what_is_no_percentage_is_zero(text: str, found: Any) -> None:
    assert override.percentage(text) == Decimal(found)


def test_without_a_word_the_routes_hold() -> None:
    assert 30 < paths().count("stream") < 70


def test_the_variable_forces_every_device(settings: Any) -> None:
    settings.STREAM_FORCE_PERCENTAGE = "0"
    assert set(paths()) == {"legacy"}
    settings.STREAM_FORCE_PERCENTAGE = "100"
    assert set(paths()) == {"stream"}


def test_the_file_wins_and_its_end_ends_it(settings: Any, folder: Path) -> None:
    settings.STREAM_FORCE_PERCENTAGE = "100"
    (folder / override.NAME).write_text("0\n")
    assert set(paths()) == {"legacy"}
    (folder / override.NAME).unlink()
    assert set(paths()) == {"stream"}


def test_an_empty_file_says_nothing(folder: Path) -> None:
    (folder / override.NAME).write_text("\n")
    assert 30 < paths().count("stream") < 70


def test_a_forced_share_says_so_and_opens_no_unsafe_stream(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STREAM_FORCE_PERCENTAGE = "100"
    assert set(paths()) == {"stream"}
    with background.holding():
        assert routes.decide("health", "D").reason == "override"
        monkeypatch.setattr(safety.current, "_value", Gate(False, "appendonly: no"))
        assert routes.decide("health", "D").path == "legacy"


def test_an_open_breaker_sends_everybody_the_legacy_way(settings: Any) -> None:
    settings.STREAM_FORCE_PERCENTAGE = "100"
    breaker.current.failed()
    assert set(paths()) == {"legacy"}
    breaker.current.succeeded()
    assert set(paths()) == {"stream"}
