"""A drill takes place on an embedded system that is whole and idle, else it changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from ingest.drill import ground
from ingest.drill.errors import Busy
from rollout import override
from rollout.models import GuardrailPolicy, Pin, Plan, Rollback, Route

LOOPBACK = "http://127.0.0.1:9"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


@pytest.fixture(autouse=True)
def embedded(settings: Any) -> None:
    settings.EMBEDDED = True


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A web process, a controller and a consumer."""
    monkeypatch.setattr(ground, "_missing", lambda base_url: [])
    monkeypatch.setattr(override.current, "_value", None)


def refused(**options: Any) -> CommandError:
    with pytest.raises(CommandError) as error:
        call_command("drill", fault="errors", **{"base_url": LOOPBACK, **options})
    return error.value


def test_only_the_embedded_system_is_drilled(settings: Any) -> None:
    assert refused(base_url="http://192.0.2.7:5225").returncode == 3
    settings.EMBEDDED = False
    assert refused().returncode == 3
    assert not GuardrailPolicy.objects.exists()


def test_a_part_that_is_missing_is_named() -> None:
    error = refused()
    assert error.returncode == 3
    for part in (LOOPBACK, "controller", "consumer"):
        assert part in str(error)


def busy_plan() -> None:
    Plan.objects.create(name="autumn", kinds=["health"], status="running", active=True, created_by="ann")


def busy_rollback() -> None:
    Rollback.objects.create(
        strategy="immediate", kinds=["health"], target=0, before={}, source="api", actor="ann", reason="it burns",
        requested_at=timezone.now(),
    )  # fmt: skip


def share() -> None:
    Route.objects.filter(kind="health").update(percentage=5)


def mirror() -> None:
    Route.objects.filter(kind="event").update(mirror_percentage=5)


def pin() -> None:
    Pin.objects.create(
        device_sn="A", path="stream", owner="ann", reason="test", expires_at=timezone.now() + timedelta(hours=1)
    )


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize(
    ("disturb", "word"),
    [(busy_plan, "autumn"), (busy_rollback, "rollback"), (share, "health"), (mirror, "event"), (pin, "pinned")],
)
def test_what_a_drill_would_disturb_refuses_it(disturb: Callable[[], None], word: str) -> None:
    ground.check(LOOPBACK)
    ground.check_idle()
    disturb()
    error = refused()
    assert error.returncode == 4
    assert word in str(error)


@pytest.mark.usefixtures("whole")
def test_a_share_that_is_forced_or_may_not_be_raised_now_refuses_it(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(override.current, "_value", 0)
    monkeypatch.setattr(override.current, "_tried_at", float("inf"))
    with pytest.raises(Busy, match="STREAM_FORCE_PERCENTAGE"):
        ground.check_idle()
    monkeypatch.setattr(override.current, "_value", None)
    settings.FREEZE_HOURS = ["00:00-12:00", "12:00-00:00"]
    with pytest.raises(Busy, match="hour"):
        ground.check_idle()


@pytest.mark.parametrize("arguments", [[], ["--fault=flood"], ["--fault=errors", "--within=0"]])
def test_an_argument_that_can_not_be_is_refused(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("drill", *arguments)
