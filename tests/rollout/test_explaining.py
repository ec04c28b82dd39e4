"""Why a device goes where it goes: the explanation says what the decision is made of."""

import io
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from rollout import override, pins, routes
from rollout.explaining import explain
from rollout.models import Pin, Route
from streaming import breaker, safety
from streaming.safety import Gate

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def gate(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Any:
    """An open stream, no override. Set `gate.value` for another."""

    class Held:
        value = Gate(True)

    settings.VAR_DIR, settings.STREAM_FORCE_PERCENTAGE = tmp_path, ""
    for value in (routes.current, pins.current, override.current, safety.current):
        monkeypatch.setattr(value, "_value", value._value)
    monkeypatch.setattr(safety.current, "_load", lambda: Held.value)
    return Held


def shown(*args: str) -> str:
    output = io.StringIO()
    call_command("explain_route", *args, stdout=output)
    return output.getvalue()


@pytest.mark.parametrize(
    ("salt", "serial", "place"),
    [
        ("plan-1", "TEST001", 8183),
        ("plan-1", "TEST002", 428),
        ("plan-1", "设备001", 9953),
        ("plan-2", "TEST001", 1077),
        ("plan-2", "TEST002", 1457),
        ("plan-2", "设备001", 9427),
    ],
)
def test_the_bucket_that_is_shown_is_that_of_the_specification(salt: str, serial: str, place: int) -> None:
    Route.objects.update(salt=salt, percentage=50, epoch=3)
    [found] = explain(serial, kinds=["health"])
    assert (found.bucket, found.salt, found.epoch, found.percentage) == (place, salt, 3, 50)
    assert (found.path, found.reason) == ("stream" if place < 5_000 else "legacy", "share")
    assert str(place) in found.why


def test_every_kind_has_its_own_answer() -> None:
    Route.objects.filter(kind="event").update(percentage=100)
    assert {each.kind: each.path for each in explain("TEST001")} == {
        "device": "legacy", "event": "stream", "health": "legacy",
    }  # fmt: skip


def test_a_pin_is_named_with_its_owner_also_when_it_is_over() -> None:
    row = Pin.objects.create(
        device_sn="TEST001", path="stream", owner="li", reason="lab", expires_at=timezone.now() + timedelta(hours=1)
    )
    [found] = explain("TEST001", kinds=["health"])
    assert (found.path, found.reason, found.why) == ("stream", "pin", "li has pinned it: lab.")
    assert found.pin is not None
    assert (found.pin.in_force, found.pin.expires_at) == (True, row.expires_at)
    assert "pinned to stream until" in shown("TEST001")
    Pin.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    [found] = explain("TEST001", kinds=["health"])
    assert found.pin is not None
    assert (found.path, found.reason, found.pin.in_force) == ("legacy", "share", False)
    assert explain("test001", kinds=["health"])[0].pin is None


def test_the_override_is_named_before_anything_else(settings: Any) -> None:
    Route.objects.update(percentage=100)
    settings.STREAM_FORCE_PERCENTAGE = "0"
    [found] = explain("TEST002", kinds=["health"])
    assert (found.path, found.reason, found.override) == ("legacy", "override", Decimal(0))
    assert found.why.startswith("The override holds")


def test_a_closed_stream_is_the_reason_when_it_is(gate: Any) -> None:
    Route.objects.update(percentage=100)
    gate.value = Gate(False, "appendonly: no")
    [found] = explain("TEST002", kinds=["health"])
    assert (found.path, found.gate, found.why) == ("legacy", "appendonly: no", "The stream is closed: appendonly: no.")
    gate.value = Gate(True)
    breaker.current.failed()
    [found] = explain("TEST002", kinds=["health"])
    assert (found.path, found.breaker_open) == ("legacy", True)


def test_a_web_process_that_goes_otherwise_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from monitoring import processes
    from monitoring.processes import Report

    def report(name: str, **facts: Any) -> Report:
        return Report(name, "web", 0.0, 0.0, facts)

    told = [
        report("same", epochs={"health": 1}, forced=None),
        report("late", epochs={"health": 0}, forced=None),
        report("forced", epochs={"health": 1}, forced="0"),
        report("silent"),
    ]
    monkeypatch.setattr(processes, "live", lambda **asked: told)
    assert explain("TEST001", kinds=["health"])[0].others == ("late", "forced", "silent")
    assert "late, forced, silent" in shown("TEST001", "--kind", "health")


def test_json_has_every_field() -> None:
    [found] = json.loads(shown("TEST002", "--kind", "health", "--format", "json"))
    assert (found["device_sn"], found["bucket"], found["path"], found["gate"]) == ("TEST002", 428, "legacy", "open")


def test_an_unknown_kind_is_exit_code_2() -> None:
    with pytest.raises(CommandError) as error:
        shown("TEST001", "--kind", "nonsense")
    assert error.value.returncode == 2
