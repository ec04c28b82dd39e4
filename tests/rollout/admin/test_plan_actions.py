"""The buttons of a plan: a page that names the effect, a reason, a version, and never past the state machine."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from rollout.admin.plans.acting import DEEDS
from rollout.models import Pause, Plan, Step
from rollout.plans import canonical, steps, transitions
from rollout.plans.actions import ACTIONS
from tests.rollout.admin import fakes, people

pytestmark = pytest.mark.usefixtures("groups", "redis")

Put = Callable[[ModuleType], None]


def url(plan: Plan, action: str) -> str:
    return f"/admin/rollout/plan/{plan.pk}/{action}/"


def press(browser: Client, plan: Plan, action: str, **more: Any) -> Any:
    """The button on the page, as it was drawn now."""
    plan.refresh_from_db()
    return browser.post(url(plan, action), {"version": plan.version, **more})


def confirm(browser: Client, plan: Plan, action: str, *, reason: str = "as agreed") -> Any:
    """The button and then that of its page."""
    page = press(browser, plan, action)
    assert page.status_code == 200, people.messages(page)
    return browser.post(url(plan, action), {**people.hidden(page), "reason": reason, "confirmed": "1"})


def status(plan: Plan) -> str:
    plan.refresh_from_db()
    return plan.status


def nothing() -> None:
    """The fence of a controller that leads."""


def observed(plan: Plan, position: int) -> None:
    steps.begin(plan.pk, position=position, actor="controller", reason="x", metrics={}, fence=nothing)
    steps.confirm(plan.pk, position=position, actor="controller", fence=nothing)


def passed(plan: Plan, position: int) -> None:
    steps.finish(plan.pk, position=position, actor="controller", verdict="pass", by="zhang", fence=nothing)


@pytest.fixture
def operator(groups: None) -> Client:
    return people.client("operator")


@pytest.fixture
def approver(groups: None) -> Client:
    return people.client("approver", name="zhao")


@pytest.fixture
def running(plan: Plan) -> Plan:
    transitions.submit(plan.pk, actor="li")
    transitions.approve(plan.pk, actor="zhao", reason="fine")
    transitions.start(plan.pk, actor="li", preflight=lambda plan: [])
    observed(plan, 1)
    return plan


def test_a_plan_lives_by_its_buttons(operator: Client, approver: Client, plan: Plan, put: Put) -> None:
    put(fakes.checklists())
    put(fakes.fleet(12_000))
    calls = fakes.Calls()
    put(fakes.backups(calls=calls))
    confirm(operator, plan, "submit")
    assert status(plan) == "submitted"
    confirm(approver, plan, "approve")
    assert status(plan) == "approved"
    assert "0 % → 10 %: about 1,200 of 12,000 devices" in people.text(press(operator, plan, "start"))
    confirm(operator, plan, "start")
    assert status(plan) == "running"
    assert calls.made == [("before_start", plan.pk, "zhang")]
    observed(plan, 1)
    assert "10 % → 25 %: about 1,800 of 12,000 devices" in people.text(press(operator, plan, "advance"))
    confirm(operator, plan, "advance")
    assert plan.steps.get(position=1).advance_requested_by == "zhang"
    confirm(operator, plan, "pause", reason="lunch")
    assert status(plan) == "paused"
    confirm(operator, plan, "resume")
    assert status(plan) == "running"
    passed(plan, 1)
    for position in (2, 3, 4):
        observed(plan, position)
        passed(plan, position)
    assert status(plan) == "soaking"
    response = confirm(operator, plan, "complete", reason="all of them agree")
    assert status(plan) == "completed"
    assert "Done: Complete." in people.messages(response)
    assert plan.transitions.last().reason == "all of them agree"
    assert "Complete: all of them agree" in LogEntry.objects.latest("id").change_message


def test_a_page_names_the_effect_and_changes_nothing(operator: Client, plan: Plan) -> None:
    page = press(operator, plan, "submit")
    assert "4 steps up to 100 % are handed to those who approve." in people.text(page)
    assert status(plan) == "draft"


def test_without_a_count_of_devices_the_page_says_so(operator: Client, running: Plan, put: Put) -> None:
    put(fakes.fleet(None))
    page = people.text(press(operator, running, "advance"))
    assert "10 % → 25 % (how many devices that is, nothing here can tell)" in page


def test_a_reason_is_asked_for(operator: Client, plan: Plan) -> None:
    response = confirm(operator, plan, "submit", reason="  ")
    assert response.status_code == 200
    assert "This field is required." in response.content.decode()
    assert status(plan) == "draft"


@pytest.mark.parametrize("confirmed", [{}, {"confirmed": "1", "reason": "x"}])
def test_a_stale_page_is_refused_with_the_present_state(operator: Client, plan: Plan, confirmed: Any) -> None:
    version = plan.version
    transitions.submit(plan.pk, actor="li")
    response = operator.post(url(plan, "cancel"), {"version": version, **confirmed})
    assert response["Location"] == url(plan, "change")
    assert "has changed since this page was drawn" in people.messages(response)
    assert status(plan) == "submitted"


@pytest.mark.parametrize("version", ["", "x", "999"])
def test_a_version_that_is_none_is_stale(operator: Client, plan: Plan, version: str) -> None:
    response = operator.post(url(plan, "cancel"), {"version": version, "confirmed": "1", "reason": "x"})
    assert "has changed since" in people.messages(response)
    assert status(plan) == "draft"


def test_a_change_between_look_and_deed_is_refused(
    operator: Client, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    deed = DEEDS["submit"]

    def late(plan_id: int, **asked: Any) -> Plan:
        transitions.cancel(plan_id, actor="li", reason="first")
        return deed(plan_id, **asked)

    monkeypatch.setitem(DEEDS, "submit", late)
    response = confirm(operator, plan, "submit")
    assert "Nothing was changed: the plan is at version 2 by now, not 1" in people.messages(response)
    assert status(plan) == "cancelled"


def test_an_address_that_is_only_looked_at_does_nothing(operator: Client, plan: Plan) -> None:
    response = operator.get(url(plan, "submit"), {"version": plan.version, "confirmed": "1", "reason": "x"})
    assert response["Location"] == url(plan, "change")
    assert status(plan) == "draft"


def test_a_superuser_goes_through_the_state_machine_too(plan: Plan, put: Put) -> None:
    put(fakes.checklists())
    root = people.client(name="root", superuser=True)
    for action in DEEDS:
        if "draft" in ACTIONS[action].sources:
            continue
        response = press(root, plan, action, confirmed="1", reason="I may", seen=canonical.sha256(plan))
        assert "Not while the plan is draft." in people.messages(response), action
    assert status(plan) == "draft"
    assert plan.version == 1


def test_an_author_is_no_second_person(plan: Plan) -> None:
    root = people.client(name="li", superuser=True)
    confirm(root, plan, "submit")
    confirm(root, plan, "approve")
    assert status(plan) == "submitted"
    assert "You have approved it as it is." in people.messages(press(root, plan, "approve"))


def test_an_approval_is_of_exactly_the_plan_that_was_read(approver: Client, plan: Plan) -> None:
    transitions.submit(plan.pk, actor="li")
    page = press(approver, plan, "approve")
    assert canonical.sha256(plan) in people.text(page)
    assert "10.00 %, 10 min" in people.text(page)
    asked = {**people.hidden(page), "reason": "x", "confirmed": "1"}
    Step.objects.filter(plan=plan, position=4).update(percentage=90)
    response = approver.post(url(plan, "approve"), asked)
    assert "The plan is not what you read" in people.messages(response)
    assert not plan.approvals.exists()


def test_what_the_preflight_finds_is_named_and_keeps_the_plan_from_starting(
    operator: Client, plan: Plan, put: Put
) -> None:
    put(fakes.checklists(blocked_by=("no verified backup",)))
    put(fakes.backups())
    transitions.submit(plan.pk, actor="li")
    transitions.approve(plan.pk, actor="zhao", reason="fine")
    assert "no verified backup" in people.text(press(operator, plan, "start"))
    assert "Not ready: no verified backup." in people.messages(confirm(operator, plan, "start"))
    assert status(plan) == "approved"


def test_a_person_does_not_clear_the_pause_of_a_guardrail(operator: Client, running: Plan) -> None:
    transitions.pause(running.pk, actor="controller", reason="backlog", cause=Pause.Cause.GUARDRAIL)
    assert "No person has paused it" in people.messages(press(operator, running, "resume"))
    confirm(operator, running, "pause", reason="me too")
    page = people.text(press(operator, running, "resume"))
    assert "Your pause is cleared; the plan stays paused." in page
    assert "backlog" in page
    confirm(operator, running, "resume")
    assert status(running) == "paused"


def test_an_item_is_signed_by_name_with_what_was_looked_at(operator: Client, plan: Plan, put: Put) -> None:
    calls = fakes.Calls()
    put(fakes.checklists(calls=calls))
    sign = url(plan, "sign/team")
    assert "the team was told" in people.text(operator.post(sign))
    assert not calls.made
    operator.post(sign, {"confirmed": "1", "note": "mail of Monday"})
    assert calls.made == [(plan.pk, "team", "zhang", "mail of Monday")]
    assert "not to be signed now" in people.messages(operator.post(sign))


@pytest.mark.parametrize("code", ["redis", "backup", "nothing"])
def test_what_is_measured_is_not_signed(operator: Client, plan: Plan, put: Put, code: str) -> None:
    calls = fakes.Calls()
    put(fakes.checklists(calls=calls))
    response = operator.post(url(plan, f"sign/{code}"), {"confirmed": "1", "note": "x"})
    assert "not to be signed now" in people.messages(response)
    assert not calls.made
