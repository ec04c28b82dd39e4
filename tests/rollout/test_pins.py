"""Pins: a person's word on one device, obeyed from memory, until it expires or an operator overrides everything."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from ljwx import background
from rollout import override, pins, routes
from rollout.models import Pin
from rollout.pins import Pinned
from rollout.routes import Decision, Share, decide
from streaming import breaker, safety
from streaming.safety import Gate

SERIAL = "TEST002"  # bucket 428 under plan-1
FAR = 9e12


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A process whose memory is set by hand: half the devices are on the stream."""
    monkeypatch.setattr(routes.current, "_value", {"health": Share(below=5_000, salt="plan-1", epoch=7)})
    monkeypatch.setattr(safety.current, "_value", Gate(True))
    monkeypatch.setattr(override.current, "_value", None)
    monkeypatch.setattr(pins.current, "_value", {})
    with background.holding():
        yield


def pin(monkeypatch: pytest.MonkeyPatch, path: str, *, until: float = FAR, serial: str = SERIAL) -> None:
    monkeypatch.setattr(pins.current, "_value", {serial: Pinned(path, until)})


def test_a_pin_holds_whatever_the_share_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decide("health", SERIAL) == Decision("stream", 7, "share")
    pin(monkeypatch, "legacy")
    assert decide("health", SERIAL) == Decision("legacy", 7, "pin")
    monkeypatch.setattr(routes.current, "_value", {"health": Share(below=0, salt="plan-1", epoch=8)})
    pin(monkeypatch, "stream")
    assert decide("health", SERIAL) == Decision("stream", 8, "pin")
    assert decide("health", "TEST001").path == "legacy"


def test_a_pinned_device_without_a_route_is_on_the_legacy_path(monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, "stream")
    assert decide("event", SERIAL) == Decision("legacy", 0, "no route")


@pytest.mark.parametrize(("forced", "pinned", "path"), [("0", "stream", "legacy"), ("100", "legacy", "stream")])
def test_the_override_beats_every_pin(monkeypatch: pytest.MonkeyPatch, forced: str, pinned: str, path: str) -> None:
    pin(monkeypatch, pinned)
    monkeypatch.setattr(override.current, "_value", Decimal(forced))
    assert decide("health", SERIAL) == Decision(path, 7, "override")


def test_a_closed_stream_answers_legacy_to_a_pinned_device_too(monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, "stream")
    breaker.current.failed()
    assert decide("health", SERIAL).path == "legacy"
    breaker.current.succeeded()
    monkeypatch.setattr(safety.current, "_value", Gate(False, "appendonly: no"))
    assert decide("health", SERIAL) == Decision("legacy", 7, "stream closed: appendonly: no")


def test_an_expiry_needs_neither_a_write_nor_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, "legacy", until=1_000.0)
    monkeypatch.setattr(pins, "clock", lambda: 999.9)
    assert decide("health", SERIAL).reason == "pin"
    monkeypatch.setattr(pins, "clock", lambda: 1_000.0)
    assert decide("health", SERIAL).reason == "share"


@pytest.mark.parametrize("other", ["test002", "TEST002 ", " TEST002", "TEST0020", "TEST00"])
def test_serials_compare_exactly(monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    pin(monkeypatch, "legacy")
    assert pins.of(SERIAL) == "legacy"
    assert pins.of(other) is None


def made(serial: str, path: str, *, minutes: int) -> Pin:
    return Pin.objects.create(
        device_sn=serial, path=path, owner="li", reason="lab", expires_at=timezone.now() + timedelta(minutes=minutes)
    )


@pytest.mark.usefixtures("db")
def test_pins_in_force_are_loaded_and_expired_ones_are_not() -> None:
    made("A", "stream", minutes=5)
    made("a", "legacy", minutes=5)
    made("B", "stream", minutes=-5)
    pins.current.refresh()
    assert {serial: held.path for serial, held in pins.current.held.items()} == {"A": "stream", "a": "legacy"}


@pytest.mark.usefixtures("db")
def test_a_database_that_is_away_keeps_the_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    made("A", "stream", minutes=5)
    pins.current.refresh()

    def away() -> Any:
        raise OperationalError(2006, "gone")

    monkeypatch.setattr(pins.current, "_load", away)
    pins.current.refresh()
    assert pins.of("A") == "stream"
