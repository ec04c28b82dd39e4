"""`manage.py drill` on a real system: the guardrail acts, nothing is lost, everything is as it was before."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from ljwx.redis import DRILL_KEY, client
from monitoring import processes
from rollout import policies
from rollout.controller.state import leader
from rollout.guardrails.policy import Policy
from rollout.models import Plan, Rollback, Route
from streaming.manager import get_consumer_manager
from tests.managed import Managed
from tests.polling import until
from tests.webserver import WebServer

START_S = 60.0
EMBEDDED = {"LJWX_EMBEDDED": "1"}
# The check judges what is a second old.
GRACE = {"LJWX_CHECK_GRACE_S": "1"}
S = Plan.Status
Drill = Callable[..., Managed]


@pytest.fixture
def system(manage: Callable[..., Managed], tmp_path: Path) -> Iterator[str]:
    """The address of an embedded system of a web process, a consumer and a controller."""
    with WebServer(log=tmp_path / "web.log", **EMBEDDED, **GRACE) as web:
        manage("run_consumers", "--workers", "1", **EMBEDDED)
        manage("run_controller", **EMBEDDED, **GRACE)
        until(lambda: processes.live(role="web") and leader(), within=START_S)
        until(lambda: get_consumer_manager().status().running == 1, within=START_S)
        yield web.url


@pytest.fixture
def drill(system: str, manage: Callable[..., Managed]) -> Drill:
    """Starts a drill there."""
    return lambda *args: manage("drill", "--base-url", system, *args, **EMBEDDED)


def assert_all_is_as_it_was() -> None:
    """No fault, no share, the thresholds of before, and a plan that has ended or is on its way back."""
    assert client("control").get(DRILL_KEY) is None
    assert set(Route.objects.values_list("percentage", flat=True)) == {Decimal(0)}
    row, policy = policies.active()
    assert (row.version, policy) == (3, Policy())
    plan = Plan.objects.get()
    assert plan.name.startswith("drill errors DRILL-")
    assert plan.status in (S.ROLLING_BACK, S.DRAINING, S.ROLLED_BACK)


def test_errors_of_simulated_devices_are_rolled_back_and_nothing_is_lost(drill: Drill) -> None:
    process = drill("--fault", "errors", "--no-verify")
    assert process.wait(150) == 0, process.output()
    told = json.loads(process.output().splitlines()[-1])
    assert list(told) == ["fault", "action", "detect_s", "effect_s", "drained_s", "lost"]
    assert (told["fault"], told["action"], told["lost"]) == ("errors", "roll_back", 0)
    assert 0 < told["detect_s"] <= told["effect_s"] <= told["drained_s"]
    assert "503" in process.output()
    assert Rollback.objects.get().source == "guardrail"
    assert_all_is_as_it_was()
    again = drill("--fault", "errors")
    assert again.wait(60) == 4, again.output()


@pytest.mark.skipif("LJWX_TEST_DATABASE_URL" in os.environ, reason="signals are the same on either database")
def test_a_drill_that_is_told_to_end_puts_everything_back(drill: Drill) -> None:
    process = drill("--fault", "backlog")
    until(lambda: client("control").get(DRILL_KEY), within=START_S)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 1, process.output()
    assert Rollback.objects.get().source == "drill"
    assert client("control").get(DRILL_KEY) is None
    assert policies.active()[1] == Policy()
    assert set(Route.objects.values_list("percentage", flat=True)) == {Decimal(0)}
