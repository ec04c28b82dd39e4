"""The list and the page of a plan: where it stands, what may be done, what happened."""

import re
from collections.abc import Callable
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollout.models import Decision, GuardrailPolicy, Plan, Rollback
from rollout.plans import drafting, returning, steps, templates, transitions
from tests.rollout.admin import fakes, people
from tests.rollout.admin.test_plan_actions import nothing, observed

pytestmark = pytest.mark.usefixtures("groups", "redis")

Put = Callable[[ModuleType], None]


def page(plan: Plan, browser: Client) -> str:
    return people.text(browser.get(f"/admin/rollout/plan/{plan.pk}/change/"))


def off(plan: Plan, browser: Client) -> dict[str, bool]:
    """Which buttons are off, by their label."""
    content = browser.get(f"/admin/rollout/plan/{plan.pk}/change/").content.decode()
    buttons = re.findall(r'<button type="submit" class="button[^"]*"( disabled)?[^>]*>([^<]+)</button>', content)
    return {label: bool(disabled) for disabled, label in buttons if label != "Sign"}


@pytest.fixture
def running(plan: Plan) -> Plan:
    transitions.submit(plan.pk, actor="li")
    transitions.approve(plan.pk, actor="zhao", reason="fine")
    transitions.start(plan.pk, actor="li", preflight=lambda plan: [])
    observed(plan, 1)
    return plan


@pytest.fixture
def viewer(groups: None) -> Client:
    return people.client("viewer")


def test_a_sentence_says_where_the_plan_stands(plan: Plan, viewer: Client) -> None:
    assert "A draft of 4 steps by li: submit it for approval." in page(plan, viewer)
    transitions.submit(plan.pk, actor="li")
    assert "Submitted by li; approved by nobody: more people must approve it." in page(plan, viewer)
    transitions.approve(plan.pk, actor="zhao", reason="fine")
    assert "Approved by zhao: it can be started." in page(plan, viewer)
    transitions.start(plan.pk, actor="li", preflight=lambda plan: [])
    assert "0 % of devices on the stream · step 0 of 4 · the controller applies the first step" in page(plan, viewer)
    steps.begin(plan.pk, position=1, actor="controller", reason="x", metrics={}, fence=nothing)
    waiting = "10 % of devices on the stream · step 1 of 4 · waiting until every process uses the new share"
    assert waiting in page(plan, viewer)
    steps.confirm(plan.pk, position=1, actor="controller", fence=nothing)
    assert "observed for another" in page(plan, viewer)
    plan.steps.filter(position=1).update(observing_since=timezone.now() - timedelta(hours=1))
    assert "observed long enough: a person advances it" in page(plan, viewer)
    steps.hold(plan.pk, position=1, actor="controller", blocked_by=["sample 212 of 348"], fence=nothing)
    assert "blocked by: sample 212 of 348" in page(plan, viewer)
    transitions.pause(plan.pk, actor="li", reason="lunch")
    assert "paused: operator: lunch" in page(plan, viewer)
    returning.roll_back(plan.pk, actor="li", reason="errors")
    assert "the processes confirm the lowered share" in page(plan, viewer)
    returning.drain(plan.pk, actor="li")
    assert "what the stream holds is being stored" in page(plan, viewer)
    returning.end(plan.pk, actor="li")
    assert "rolled back since 20" in page(plan, viewer)


def test_buttons_follow_the_status_and_the_person(running: Plan, viewer: Client) -> None:
    operator, approver = people.client("operator", name="wang"), people.client("approver", name="zhao")
    labels = {"Edit", "Submit", "Approve", "Start", "Pause", "Resume", "Advance", "Complete", "Cancel", "Roll back"}
    assert set(off(running, viewer)) == labels
    assert {label for label, is_off in off(running, viewer).items() if not is_off} == set()
    assert {label for label, is_off in off(running, operator).items() if not is_off} == {
        "Pause",
        "Advance",
        "Roll back",
    }
    assert {label for label, is_off in off(running, approver).items() if not is_off} == {"Pause", "Roll back"}


def test_a_button_that_is_off_says_why(running: Plan, viewer: Client) -> None:
    text = page(running, viewer)
    assert "Not while the plan is running." in text
    assert "You lack the permission rollout.pause_plan." in text
    transitions.advance(running.pk, actor="li")
    assert "Asked for by li: the controller advances when every gate passes." in page(
        running, people.client("operator", name="wang")
    )


def test_another_active_plan_keeps_start_off(running: Plan) -> None:
    other = drafting.create(name="winter", steps=templates.TEMPLATES["fast"], actor="li")
    transitions.submit(other.pk, actor="li")
    transitions.approve(other.pk, actor="zhao", reason="fine")
    text = page(other, people.client("operator", name="wang"))
    assert "Another plan is active." in text


def test_the_timeline_merges_what_every_table_tells(running: Plan, viewer: Client) -> None:
    now = timezone.now()
    policy = GuardrailPolicy.objects.create(version=9, values={}, created_by="li", reason="x")
    Decision.objects.create(
        plan=running, policy=policy, token=1, verdict="no_data", action="none", evidence={}, judgement={},
        blocked_by=["sample"], outcome="told", created_at=now,
    )  # fmt: skip
    transitions.pause(running.pk, actor="wang", reason="lunch")
    transitions.resume(running.pk, actor="wang", reason="back")
    Rollback.objects.create(
        plan=running, strategy="immediate", kinds=[], target=0, before={}, source="admin", actor="qian",
        reason="errors", requested_at=now + timedelta(hours=1), drained_at=now + timedelta(hours=2),
    )  # fmt: skip
    timeline = page(running, viewer).partition("Timeline")[2]
    told = [
        "rollback drained", "rollback asked for", "pause cleared", "pause", "no data; sample", "health: 0 % → 10 %",
        "Start", "approval", "Submit", "created",
    ]  # fmt: skip
    places = [timeline.find(text) for text in told]
    assert -1 not in places
    assert places[:2] == sorted(places[:2])
    assert places[-1] == max(places)
    assert timeline.find("qian") < timeline.find("wang") < timeline.find("zhao")


def test_an_approval_shows_what_changed_since(plan: Plan, viewer: Client) -> None:
    transitions.submit(plan.pk, actor="li")
    transitions.approve(plan.pk, actor="zhao", reason="fine")
    assert "nothing" in page(plan, viewer).partition("Approvals")[2].partition("Checklists")[0]
    drafting.edit(
        plan.pk, name="autumn 2", steps=templates.TEMPLATES["fast"][:3], actor="li", kinds=["health"], auto_execute=True
    )
    text = page(plan, viewer)
    for line in (
        "void", "name: autumn → autumn 2", "kinds: device, event, health → health", "advances by itself: no → yes",
        "step 4: 100.00 %, 10 min → –",
    ):  # fmt: skip
        assert line in text


def test_unknown_is_never_green(plan: Plan, viewer: Client, put: Put) -> None:
    put(fakes.checklists())
    content = viewer.get(f"/admin/rollout/plan/{plan.pk}/change/").content.decode()
    rows = dict(re.findall(r'ljwx-check-(\w+)">[^<]+</span></td><td>([^<]+)</td>', content)[:3])
    assert rows == {
        "green": "Redis keeps what it acknowledges",
        "red": "a verified backup",
        "unknown": "the team was told",
    }
    assert 'type="submit" class="button">Sign' not in content
    signing = people.client("operator", name="wang").get(f"/admin/rollout/plan/{plan.pk}/change/").content.decode()
    assert signing.count('class="button">Sign</button>') == 2


def test_what_people_write_is_escaped(running: Plan, viewer: Client) -> None:
    evil = "<script>alert(1)</script>"
    transitions.pause(running.pk, actor="li", reason=evil)
    Plan.objects.update(name=evil)
    for url in ("/admin/rollout/plan/", f"/admin/rollout/plan/{running.pk}/change/"):
        content = viewer.get(url).content.decode()
        assert evil not in content
        assert "&lt;script&gt;" in content


def test_the_list_shows_share_and_step(running: Plan, viewer: Client) -> None:
    drafting.create(name="winter", steps=templates.TEMPLATES["three-phase"], actor="li")
    text = people.text(viewer.get("/admin/rollout/plan/"))
    assert "autumn running 10 % → 100 % 1 / 4" in text
    assert "winter draft → 100 % 0 / 6" in text
    assert "winter" not in people.text(viewer.get("/admin/rollout/plan/?status__exact=running"))


def test_a_longer_list_needs_no_more_queries(plan: Plan, viewer: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as context:
            viewer.get("/admin/rollout/plan/")
        return len(context)

    few = queries()
    for number in range(10):
        drafting.create(name=f"plan {number}", steps=templates.TEMPLATES["fast"], actor="li")
    assert queries() == few


def test_a_page_of_many_events_is_cut_and_reads_no_evidence(running: Plan, viewer: Client) -> None:
    policy = GuardrailPolicy.objects.create(version=9, values={}, created_by="li", reason="x")
    now = timezone.now()
    Decision.objects.bulk_create(
        Decision(
            plan=running, policy=policy, token=1, verdict="pass", action="none", evidence={"big": "x"}, judgement={},
            created_at=now + timedelta(seconds=number),
        )
        for number in range(300)
    )  # fmt: skip
    with CaptureQueriesContext(connection) as context:
        content = page(running, viewer)
    assert content.partition("Timeline")[2].count("decision") == 100
    asked: list[Any] = [query["sql"] for query in context.captured_queries if "rollout_decision" in query["sql"]]
    assert asked
    assert not [sql for sql in asked if "evidence" in sql]
