"""`manage.py switch_traffic`: what it changes, says, and returns."""

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from rollout import traffic
from rollout.management.commands import switch_traffic
from rollout.models import Change, Plan, Route
from tests.rollout.plans.stage import brought


def run(*args: str) -> str:
    output = io.StringIO()
    call_command("switch_traffic", *args, stdout=output)
    return output.getvalue()


def shares() -> dict[str, Decimal]:
    return dict(Route.objects.values_list("kind", "percentage"))


@pytest.mark.usefixtures("db")
def test_it_changes_every_kind_and_says_so() -> None:
    said = run("20", "--reason", "first step", "--actor", "ann")
    assert shares() == {"health": 20, "device": 20, "event": 20}
    assert [line.partition(":")[0] for line in said.splitlines()] == ["device", "event", "health"]
    assert set(Change.objects.values_list("actor", "reason", "source")) == {("ann", "first step", "manual")}


@pytest.mark.usefixtures("db")
def test_it_changes_the_kinds_that_are_named() -> None:
    run("33.33", "--reason", "x", "--kind", "event", "--kind", "device")
    assert shares() == {"health": 0, "device": Decimal("33.33"), "event": Decimal("33.33")}


@pytest.mark.usefixtures("db")
def test_the_actor_is_who_is_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch_traffic.getpass, "getuser", lambda: "bob")
    run("20", "--reason", "x", "--kind", "health")
    assert Change.objects.get().actor == "bob"


@pytest.mark.usefixtures("db")
def test_a_dry_run_says_the_same_and_changes_nothing() -> None:
    dry = run("20", "--reason", "x", "--dry-run")
    assert shares() == {"health": 0, "device": 0, "event": 0}
    assert not Change.objects.exists()
    assert run("20", "--reason", "x") == dry


@pytest.mark.usefixtures("db")
def test_json_names_every_change() -> None:
    assert json.loads(run("20", "--reason", "x", "--kind", "health", "--format", "json")) == {
        "changed": [{"kind": "health", "from": "0.00", "to": "20"}],
        "dry_run": False,
    }
    assert json.loads(run("20", "--reason", "x", "--kind", "health", "--format", "json", "--dry-run")) == {
        "changed": [],
        "dry_run": True,
    }


@pytest.mark.usefixtures("db")
def test_nothing_to_change_is_said() -> None:
    assert run("0", "--reason", "x").strip()
    assert not Change.objects.exists()


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("flags", [[], ["--dry-run"]])
def test_an_unknown_kind_is_exit_code_2(flags: list[str]) -> None:
    with pytest.raises(CommandError) as error:
        run("20", "--reason", "x", "--kind", "nonsense", "--kind", "health", *flags)
    assert error.value.returncode == 2
    assert shares()["health"] == 0


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(("raised", "code"), [(traffic.RouteConflict("x"), 4), (traffic.UnknownRoute("x"), 2)])
def test_a_conflict_is_exit_code_4(monkeypatch: pytest.MonkeyPatch, raised: Exception, code: int) -> None:
    def fail(**values: Any) -> Any:
        raise raised

    monkeypatch.setattr(switch_traffic, "switch", fail)
    with pytest.raises(CommandError) as error:
        run("20", "--reason", "x")
    assert error.value.returncode == code


@pytest.mark.parametrize(
    "percentage", ["-1", "100.01", "1.234", "1e-400", "NaN", "sNaN", "Infinity", "half", "", "1e400"]
)
def test_a_share_that_can_not_be_is_a_usage_error(percentage: str) -> None:
    with pytest.raises(CommandError):
        run("--reason", "x", "--", percentage)


def test_a_reason_is_asked_for() -> None:
    with pytest.raises(CommandError, match="--reason"):
        run("20")


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("percentage", ["0", "0.01", "99.99", "100", "100.00", "1e2"])
def test_every_share_with_two_decimals_can_be(percentage: str) -> None:
    run(percentage, "--reason", "x", "--kind", "health")
    assert shares()["health"] == Decimal(percentage)


@pytest.mark.usefixtures("db")
def test_a_reason_that_is_too_long_is_a_usage_error_and_not_a_failure_half_way() -> None:
    with pytest.raises(CommandError):
        run("20", "--reason", "x" * 256)
    assert shares()["health"] == 0


@pytest.mark.usefixtures("db")
def test_the_mirrored_share_is_set_alone_or_with_the_other() -> None:
    assert run("--mirror", "5", "--reason", "x", "--kind", "health") == "health: 0.00 % → 5 % (mirrored)\n"
    route = Route.objects.get(kind="health")
    assert (route.percentage, route.mirror_percentage) == (0, 5)
    run("20", "--mirror", "1", "--reason", "x", "--kind", "health")
    route.refresh_from_db()
    assert (route.percentage, route.mirror_percentage) == (20, 1)


@pytest.mark.usefixtures("db")
def test_nothing_asked_for_is_a_usage_error() -> None:
    with pytest.raises(CommandError) as error:
        run("--reason", "x")
    assert error.value.returncode == 2


@pytest.mark.usefixtures("db")
def test_beside_an_active_plan_it_is_exit_code_4_and_an_emergency_lowers() -> None:
    plan = brought(Plan.Status.RUNNING)
    for args in (["3"], ["20"], ["20", "--emergency"]):
        with pytest.raises(CommandError) as error:
            run(*args, "--reason", "x")
        assert error.value.returncode == 4
    assert shares()["health"] == 5
    run("3", "--emergency", "--reason", "x")
    assert shares()["health"] == 3
    plan.refresh_from_db()
    assert plan.status == Plan.Status.ROLLING_BACK
