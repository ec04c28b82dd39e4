"""Real controllers that are killed and stopped: one leads, what is done is done once, a stale one writes nothing."""

import signal
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rollout import lease
from rollout.controller.state import LEASE_S, NAME, leader
from rollout.models import ControllerMemory, Decision
from rollout.traffic import switch
from tests.managed import Managed
from tests.polling import until

START_S = 60.0


@pytest.fixture
def two(redis: object, manage: Callable[..., Managed], settings: Any) -> tuple[Managed, Managed]:
    """Two controllers, the first of which leads."""
    settings.PLAN_PEOPLE = 1
    env = {"LJWX_PLAN_PEOPLE": "1", "LJWX_EMBEDDED": "1"}
    first = manage("run_controller", **env)
    until(leader, within=START_S)
    return first, manage("run_controller", **env)


def led_by(process: Managed) -> bool:
    found = leader()
    return found is not None and found.holder.endswith(f":{process.pid}")


def stop_between_rounds(process: Managed) -> None:
    """SIGSTOP while it waits for its next round: inside a transaction it would keep the whole of SQLite locked."""
    waits = Path(f"/proc/{process.pid}/wchan")
    until(lambda: "poll_schedule_timeout" in waits.read_text(), within=START_S)
    process.send_signal(signal.SIGSTOP)


def rounds() -> float:
    """When the last round was made, as the leader remembers it."""
    return float(lease.now()) - (found.beat_age_s if (found := leader()) else 0.0)


def test_another_one_leads_when_the_leader_is_killed(two: tuple[Managed, Managed]) -> None:
    first, second = two
    assert led_by(first)
    token = leader().token  # type: ignore[union-attr]
    first.kill()
    until(lambda: led_by(second), within=START_S)
    assert leader().token == token + 1  # type: ignore[union-attr]


def test_a_leader_that_ends_in_order_leaves_the_lead_at_once(two: tuple[Managed, Managed]) -> None:
    first, second = two
    first.send_signal(signal.SIGTERM)
    assert first.wait(30) == 0, first.output()
    until(lambda: led_by(second), within=LEASE_S * 4)


def test_one_that_was_stopped_past_its_lease_goes_on_as_a_follower_and_writes_nothing(
    two: tuple[Managed, Managed],
) -> None:
    first, second = two
    stop_between_rounds(first)
    until(lambda: led_by(second), within=START_S)
    token = leader().token  # type: ignore[union-attr]
    switch(percentage=Decimal(10), kinds=["health"], actor="ann", reason="something to judge")
    first.send_signal(signal.SIGCONT)
    until(lambda: "does not any more" in first.output(), within=START_S)
    before = rounds()
    until(lambda: rounds() > before + 2, within=START_S)
    assert led_by(second)
    assert ControllerMemory.objects.get(name=NAME).token == token
    until(Decision.objects.exists, within=START_S)
    assert set(Decision.objects.values_list("token", flat=True)) == {token}
