"""`manage.py plan`: what it makes, shows and returns."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from rollout import backups, checklists
from rollout.models import Plan
from tests.rollout.plans.stage import S, brought

pytestmark = pytest.mark.usefixtures("db", "redis")


def run(*args: object) -> str:
    output = io.StringIO()
    call_command("plan", *map(str, args), stdout=output)
    return output.getvalue()


def answer(*args: object) -> Any:
    return json.loads(run(*args, "--format", "json"))


def code(*args: object) -> int:
    with pytest.raises(CommandError) as error:
        run(*args)
    return error.value.returncode


@pytest.mark.parametrize(
    ("asked", "steps"),
    [
        (["--template", "fast"], [("10.00", 600), ("25.00", 600), ("50.00", 600), ("100.00", 600)]),
        (["--steps", "5:120,10.5:0"], [("5.00", 7200), ("10.50", 0)]),
        (["--target", "100", "--step-size", "40", "--interval-minutes", "5"],
         [("40.00", 300), ("80.00", 300), ("100.00", 300)]),
        (["--target", "20"], [("10.00", 1800), ("20.00", 1800)]),
    ],
)  # fmt: skip
def test_a_plan_is_made_in_each_of_the_three_ways(asked: list[str], steps: list[tuple[str, int]]) -> None:
    made = answer("create", "--name", "autumn", "--kinds", "health,event", "--actor", "ann", "--auto-execute", *asked)
    assert [(step["percentage"], step["observe_s"]) for step in made["steps"]] == steps
    plan = Plan.objects.get()
    assert (made["id"], plan.name, plan.kinds, plan.auto_execute, plan.created_by, plan.status) == (
        plan.pk, "autumn", ["event", "health"], True, "ann", "draft",
    )  # fmt: skip


def test_a_dry_run_shows_the_plan_and_keeps_nothing() -> None:
    assert "25.00 %" in run("create", "--name", "autumn", "--template", "fast", "--dry-run")
    assert not Plan.objects.exists()
    assert code("create", "--name", "autumn", "--steps", "50:1,10:1", "--dry-run") == 2


@pytest.mark.parametrize(
    "asked",
    [
        [],
        ["--template", "fast", "--target", "50"],
        ["--template", "fast", "--step-size", "5"],
        ["--target", "0"],
        ["--target", "50", "--step-size", "0.1"],
        ["--steps", "50:1,10:1"],
        ["--steps", "5:1", "--kinds", "blood"],
    ],
    ids=str,
)
def test_what_is_no_plan_is_exit_code_2(asked: list[str]) -> None:
    assert code("create", "--name", "autumn", *asked) == 2
    assert not Plan.objects.exists()


@pytest.mark.parametrize("steps", ["5", "5:x", "x:5", "101:5", "5:1,,6:1"])
def test_steps_that_can_not_be_read_are_a_usage_error(steps: str) -> None:
    with pytest.raises(CommandError, match="--steps"):
        run("create", "--name", "x", "--steps", steps)


def test_a_plan_goes_its_way_from_draft_to_running(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(backups, "before_start", lambda plan, actor: asked.append((plan.pk, actor)))
    monkeypatch.setattr(checklists, "preflight", lambda plan: [])
    number = answer("create", "--name", "autumn", "--template", "fast", "--actor", "ann")["id"]
    assert answer("submit", number, "--actor", "ann", "--version", 1)["status"] == "submitted"
    approved = answer("approve", number, "--actor", "bob", "--reason", "read it")
    assert (approved["status"], approved["approved_by"]) == ("approved", ["bob"])
    assert answer("start", number, "--actor", "ann")["status"] == "running"
    assert asked == [(number, "ann")]
    paused = answer("pause", number, "--actor", "ann", "--reason", "lunch")
    assert (paused["status"], paused["pauses"][0]["reason"]) == ("paused", "lunch")
    assert answer("resume", number, "--reason", "back")["status"] == "running"


@pytest.mark.parametrize(
    ("status", "action", "after"),
    [(S.RUNNING, "advance", S.RUNNING), (S.SOAKING, "complete", S.COMPLETED), (S.DRAFT, "cancel", S.CANCELLED)],
)
def test_the_rest_of_the_actions_do_what_they_say(status: str, action: str, after: str) -> None:
    plan = brought(status)
    assert answer(action, plan.pk, "--reason", "asked", "--actor", "ann")["status"] == after


def test_a_conflict_is_exit_code_4_and_says_what_is_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    plan = brought(S.DRAFT)
    assert code("complete", plan.pk, "--reason", "x") == 4
    assert code("submit", plan.pk, "--version", 7) == 4
    output = io.StringIO()
    with pytest.raises(CommandError):
        call_command("plan", "start", str(plan.pk), "--format", "json", stdout=output)
    assert json.loads(output.getvalue())["allowed"] == ["edit", "submit", "cancel"]


def test_what_is_not_ready_is_named_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "before_start", lambda plan, actor: None)
    monkeypatch.setattr(checklists, "preflight", lambda plan: ["backup", "team_told"])
    plan = brought(S.APPROVED)
    with pytest.raises(CommandError, match="- The team is told") as error:
        run("start", plan.pk)
    assert error.value.returncode == 4
    plan.refresh_from_db()
    assert plan.status == S.APPROVED


def test_a_plan_that_may_not_start_takes_no_backup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "before_start", lambda plan, actor: pytest.fail("a backup"))
    assert code("start", brought(S.SUBMITTED).pk) == 4


@pytest.mark.parametrize("action", ["approve", "pause", "resume", "complete", "cancel"])
def test_what_must_be_explained_asks_for_a_reason(action: str) -> None:
    with pytest.raises(CommandError, match="--reason"):
        run(action, 1)


def test_an_unknown_plan_is_exit_code_2() -> None:
    assert code("show", 77) == 2
    assert code("submit", 77) == 2
    assert code("start", 77) == 2


def test_plans_are_listed_newest_first_and_shown_with_their_checklists() -> None:
    assert run("list").strip()
    first, second = brought(S.DRAFT), brought(S.RUNNING)
    assert [plan["id"] for plan in answer("list")] == [second.pk, first.pk]
    assert run("list").splitlines()[0].startswith(f"plan {second.pk} autumn: running")
    shown = answer("show", second.pk)
    assert {item["code"] for item in shown["checklists"]} >= {"redis", "errors", "reached"}
    said = run("show", second.pk)
    assert "team_told" in said
    assert "unknown" in said
