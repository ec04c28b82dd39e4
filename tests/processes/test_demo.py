"""The demonstration: traffic moves, a hold, a rollback and a recovery, by real processes."""

import re
import signal
import threading
from typing import Any

import pytest
from django.utils import timezone

from ingest.demo import demo as module
from ingest.demo.demo import Demo, Story
from ingest.demo.measuring import LEAST, MOST
from ljwx.redis import DRILL_KEY, client
from rollout import policies
from rollout.guardrails.policy import Policy
from rollout.models import Plan, Rollback, Route
from rollout.plans import returning
from tests.polling import until
from tests.processes.test_drill import drill, system
from tests.processes.test_up import Start, ready

__all__ = ["drill", "system"]
RB = Rollback.Status


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Large steps have their evidence soon, and nobody has to see them."""
    settings.EMBEDDED, settings.PLAN_PEOPLE = True, 1
    monkeypatch.setattr(module, "FIRST", (50, 75, 100))
    monkeypatch.setattr(module, "AGAIN", (100,))
    monkeypatch.setattr(module, "WELL_S", 0.5)
    monkeypatch.setattr(module, "HELD_S", 0.5)


def verified() -> None:
    """What the controller says once the minute is over, which no test waits for."""
    until(lambda: Rollback.objects.get().status == RB.VERIFYING, within=60)
    row = Rollback.objects.get()
    returning.end(row.plan_id or 0, actor="test", reason="verified")
    Rollback.objects.update(status=RB.DONE, active=None, outcome="all", verified_at=timezone.now())


def offered(line: str) -> int:
    """Uploads a second, as the demonstration says it."""
    found = re.fullmatch(r"300 simulated devices upload (\d+) times a second, all to the database.", line)
    assert found, line
    return int(found[1])


def share() -> float:
    return float(Route.objects.get(kind="health").percentage)


@pytest.mark.usefixtures("quick")
def test_the_traffic_moves_is_held_rolled_back_and_recovers(system: str) -> None:
    told: list[str] = []
    story = Story(Demo(base_url=system, actor="ann", say=told.append, devices=300, observe_s=1), threading.Event())
    try:
        policy = story.begin()
        assert told[0] == "First it is measured how many uploads this machine takes."
        assert offered(told[1]) in range(int(LEAST), int(MOST) + 1)
        assert share() == 50
        story.hold(policy)
        assert "share stays at 75 %" in told[-2]
        story.roll_back()
        assert share() == 0
        assert Rollback.objects.get().source == "guardrail"
        verified()
        story.recover()
    finally:
        story.give_back()
    assert share() == 100
    assert Plan.objects.order_by("-pk")[0].status == Plan.Status.COMPLETED
    assert set(Route.objects.exclude(kind="health").values_list("percentage", flat=True)) == {0}
    assert client("control").get(DRILL_KEY) is None
    assert policies.active()[1] == Policy()


def test_up_shows_it_and_ends_it_in_order(start: Start, port: int) -> None:
    process = start("--port", str(port), "--workers", "1", "--demo", LJWX_LANGUAGE="en")
    ready(process)
    until(lambda: "A backup is taken and a plan starts" in process.output(), within=60)
    process.send_signal(signal.SIGINT)
    assert process.wait(90) == 0, process.output()
    assert process.output().splitlines()[-3:] == [
        "Stopping: web, controller, consumers, Redis.",
        "CommandError: The demonstration was ended early; everything is put back.",
        "Everything is stopped.",
    ]


def test_other_machines_are_not_shown_it(start: Start, port: int) -> None:
    process = start("--host", "0.0.0.0", "--port", str(port), "--demo", LJWX_LANGUAGE="en")  # noqa: S104
    assert process.wait(60) == 2
    assert "--demo is for an address" in process.output()
