"""`manage.py rollback`: what it does, says, and returns."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from rollout.management.commands import rollback as command
from rollout.models import Plan, Rollback
from rollout.rollback.errors import RollbackRefused
from rollout.traffic import RouteConflict
from tests.rollout.rollback.scene import accepted, all_at, plan, share, shares

pytestmark = pytest.mark.usefixtures("db")


def run(*args: str) -> str:
    output = io.StringIO()
    call_command("rollback", "--reason", "it burns", *args, stdout=output)
    return output.getvalue()


def test_it_takes_every_device_back_and_says_so() -> None:
    share(40)
    said = run("--actor", "ann")
    assert shares() == all_at(0)
    rollback = Rollback.objects.get()
    assert (rollback.actor, rollback.source, rollback.reason) == ("ann", "command", "it burns")
    assert "health 40.00 %" in said
    assert "verified –" in said


@pytest.mark.parametrize(
    ("args", "strategy", "found"),
    [
        (["--to", "20"], "to-percentage", 20),
        (["--strategy", "previous-step"], "previous-step", 30),
        (["--strategy", "gradual", "--interval", "60"], "gradual", 30),
        (["--strategy", "gradual", "--to", "40"], "gradual", 40),
    ],
)
def test_the_strategy_and_its_end_can_be_said(args: list[str], strategy: str, found: int) -> None:
    plan(Plan.Status.RUNNING)
    run(*args)
    assert shares() == all_at(found)
    assert Rollback.objects.get().strategy == strategy


def test_kinds_can_be_named() -> None:
    share(40)
    run("--kind", "event", "--kind", "health")
    assert shares() == {"device": 40, "event": 0, "health": 0}


def test_a_dry_run_shows_what_moves_and_changes_nothing(settings: Any) -> None:
    settings.LEGACY_CAPACITY = 100
    share(100)
    accepted("stream", 1_000)
    said = run("--dry-run")
    assert "health: 100.00 % → 75.00 % → 50.00 % → 30.00 % → 10.00 % → 5.00 % → 0 %".replace(".00", "") in said.replace(
        ".00", ""
    )
    assert "can NOT carry it" in said
    assert "--force" in said
    assert shares() == all_at(100)
    assert not Rollback.objects.exists()


@pytest.mark.parametrize(
    ("capacity", "rate", "verdict"), [(0, 0, "is unknown"), (0, 50, "is unknown"), (1_000, 50, "can carry it:")]
)
def test_a_capacity_is_told_as_it_is_known(settings: Any, capacity: int, rate: int, verdict: str) -> None:
    settings.LEGACY_CAPACITY = capacity
    share(100)
    if rate:
        accepted("stream", rate)
    assert verdict in run("--dry-run")


def test_json_is_for_machines() -> None:
    share(40)
    dry = json.loads(run("--dry-run", "--format", "json"))
    assert dry["dry_run"] is True
    assert {move["kind"]: (move["from"], move["to"]) for move in dry["moves"]}["health"] == ("40.00", "0")
    done = json.loads(run("--format", "json"))
    assert (done["id"], done["status"]) == (Rollback.objects.get().pk, "confirming")
    assert done["requested_at"]
    assert done["verified_at"] is None


def test_forced_it_goes_at_once(settings: Any) -> None:
    settings.LEGACY_CAPACITY = 100
    share(100)
    accepted("stream", 1_000)
    run("--force")
    assert shares() == all_at(0)


def test_waiting_carries_it_on_and_ends_with_1_when_it_is_not_done(redis: object, capsys: Any) -> None:
    share(40)
    with pytest.raises(CommandError) as error:
        run("--wait", "1.2")
    assert error.value.returncode == 1
    assert Rollback.objects.get().status in ("draining", "verifying")
    assert Rollback.objects.get().effective_at is not None


@pytest.mark.parametrize(
    ("raised", "code"),
    [(RollbackRefused("x"), 2), (RouteConflict("x"), 4), (OperationalError(2002, "Can't connect"), 3)],
)
def test_each_reason_to_fail_has_its_exit_code(monkeypatch: pytest.MonkeyPatch, raised: Exception, code: int) -> None:
    def fail(*args: Any, **values: Any) -> Any:
        raise raised

    monkeypatch.setattr(command, "execute_rollback", fail)
    with pytest.raises(CommandError) as error:
        run()
    assert error.value.returncode == code


@pytest.mark.parametrize(
    "args",
    [["--kind", "nonsense"], ["--strategy", "sideways"], ["--to", "101"], ["--strategy", "immediate", "--to", "5"]],
)
def test_what_is_no_way_back_is_a_usage_error(args: list[str]) -> None:
    share(40)
    with pytest.raises(CommandError) as error:
        run(*args)
    assert getattr(error.value, "returncode", 2) in (1, 2)
    assert shares() == all_at(40)


def test_a_reason_is_asked_for() -> None:
    with pytest.raises(CommandError, match="--reason"):
        call_command("rollback")
