"""A plan from its draft to its end, over the API alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from rollout.models import Plan, Step
from rollout.plans import drafting, steps
from rollout.plans.templates import TEMPLATES
from tests.rollout.api.conftest import Caller, Person

GUIDE = {"target_percentage": 100, "step_size": 10, "step_interval_minutes": 30, "auto_execute": False}


def make(caller: Caller, **body: Any) -> dict[str, Any]:
    answer = caller.post("create_switch_plan", body or GUIDE)
    assert answer.status_code == 201, answer.content
    return dict(answer.json()["plan"])


def act(caller: Caller, plan: Any, action: str, **said: Any) -> Any:
    return caller.post(f"plans/{plan['id']}/{action}", {"reason": "because", **said})


def test_the_guides_body_is_ten_steps_of_half_an_hour(operator: Caller) -> None:
    plan = make(operator)
    assert [step["percentage"] for step in plan["steps"]] == list(range(10, 101, 10))
    assert {step["observe_minutes"] for step in plan["steps"]} == {30}
    assert (plan["status"], plan["kinds"], plan["auto_execute"]) == ("draft", ["device", "event", "health"], False)
    assert plan["created_by"] == "operator"
    assert "100" in plan["name"]


def test_a_draft_without_a_reason_names_the_program_that_asked(operator: Caller) -> None:
    answer = operator.post("create_switch_plan", GUIDE, **{"User-Agent": "curl/8.5.0\u0007" + "x" * 500})
    (told,) = answer.json()["plan"]["timeline"]
    assert "curl/8.5.0" in told["reason"]
    assert len(told["reason"]) <= 255
    assert told["reason"].isprintable()


def test_a_plan_of_a_template_or_of_its_own_steps(operator: Caller) -> None:
    plan = make(operator, template="three-phase", kinds=["event"], auto_execute=True, name="autumn", reason="why")
    assert [step["percentage"] for step in plan["steps"]] == [5, 10, 30, 50, 75, 100]
    assert (plan["name"], plan["kinds"], plan["auto_execute"]) == ("autumn", ["event"], True)
    plan = make(operator, steps=[{"percentage": 5, "observe_minutes": 120}, {"percentage": 12.5, "observe_minutes": 0}])
    assert [(step["percentage"], step["observe_minutes"]) for step in plan["steps"]] == [(5, 120), (12.5, 0)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "steps"),
        ({"template": "fast", "steps": [{"percentage": 5, "observe_minutes": 1}]}, "steps"),
        ({"template": "slow"}, "template"),
        ({"steps": []}, "steps"),
        ({"steps": [{"percentage": 101, "observe_minutes": 1}]}, "steps.0.percentage"),
        ({"steps": [{"percentage": 5}]}, "steps.0.observe_minutes"),
        ({"steps": [{"percentage": 5, "observe_minutes": 1, "colour": "red"}]}, "steps.0.colour"),
        ({"target_percentage": 100}, "step_size"),
        ({**GUIDE, "target_percentage": "many"}, "target_percentage"),
        ({**GUIDE, "step_size": 0.001}, "step_size"),
        ({**GUIDE, "kinds": ["weather"]}, "kinds.0"),
        ({**GUIDE, "auto_execut": True}, "auto_execut"),
        ({**GUIDE, "auto_execute": "perhaps"}, "auto_execute"),
        ([], "body"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_field(operator: Caller, body: Any, field: str) -> None:
    answer = operator.client.post("/stream_monitor/api/create_switch_plan", body, "application/json")
    assert answer.status_code == 400
    assert field in answer.json()["fields"], answer.content
    assert not Plan.objects.exists()


@pytest.mark.parametrize("body", ["{", "", "[1]", '"x"', '{"percentage": NaN}', "\xff"])
def test_what_is_no_object_is_400(operator: Caller, body: str) -> None:
    answer = operator.client.post("/stream_monitor/api/create_switch_plan", body.encode("latin-1"), "application/json")
    assert (answer.status_code, answer.json()["status"]) == (400, "error")


def test_shares_that_fall_are_refused(operator: Caller) -> None:
    falling = [{"percentage": 50, "observe_minutes": 1}, {"percentage": 10, "observe_minutes": 1}]
    assert operator.post("create_switch_plan", {"steps": falling}).status_code == 400


def test_a_plan_goes_all_its_way(
    operator: Caller, person: Person, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollout.checklists.preflight", lambda plan: [])
    settings.PLAN_PEOPLE = 2
    plan = make(operator, steps=[{"percentage": 100, "observe_minutes": 0}])
    assert act(operator, plan, "submit").json()["plan"]["status"] == "submitted"
    assert act(operator, plan, "approve").json()["plan"]["status"] == "submitted"
    bob = person("bob", "rollout.approve_plan", "rollout.view_plan")
    read = bob.get(f"plans/{plan['id']}").json()["plan"]
    approved = act(bob, plan, "approve", sha256=read["sha256"], version=read["version"]).json()["plan"]
    assert (approved["status"], approved["approved_by"]) == ("approved", ["bob", "operator"])
    assert act(operator, plan, "start").json()["plan"]["status"] == "running"
    steps.begin(plan["id"], position=1, actor="c", reason="r", metrics={}, fence=lambda: None)
    steps.confirm(plan["id"], position=1, actor="c", fence=lambda: None)
    assert act(operator, plan, "pause").json()["plan"]["paused_by"][0]["reason"] == "because"
    assert act(operator, plan, "resume").json()["plan"]["status"] == "running"
    assert act(operator, plan, "advance").json()["plan"]["steps"][0]["advance_requested_by"] == "operator"
    steps.finish(plan["id"], position=1, actor="c", verdict="pass", by="operator", fence=lambda: None)
    done = act(operator, plan, "complete").json()["plan"]
    assert (done["status"], done["allowed"]) == ("completed", [])
    assert [told["action"] for told in done["timeline"]] == [
        "create", "submit", "approve", "approve", "start", "begin", "confirm", "pause", "resume", "advance", "pass",
        "soak", "complete",
    ]  # fmt: skip


def test_a_conflict_says_what_can_be_done(operator: Caller) -> None:
    answer = act(operator, make(operator), "start")
    assert answer.status_code == 409
    assert answer.json()["allowed"] == ["edit", "submit", "cancel"]
    assert answer.json()["message"]


def test_what_is_not_ready_is_named(operator: Caller, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.PLAN_PEOPLE = 1
    plan = make(operator)
    act(operator, plan, "submit")
    act(operator, plan, "approve")
    monkeypatch.setattr("rollout.checklists.preflight", lambda plan: ["backup"])
    answer = act(operator, plan, "start")
    assert (answer.status_code, answer.json()["blocked_by"]) == (409, ["backup"])
    assert Plan.objects.get().status == "approved"


@pytest.mark.parametrize("said", [{"version": 0}, {"version": 7}])
def test_who_has_seen_another_version_changes_nothing(operator: Caller, said: dict[str, Any]) -> None:
    plan = make(operator)
    assert act(operator, plan, "submit", **said).status_code == 409
    assert Plan.objects.get().status == "draft"


def test_who_has_read_another_plan_approves_nothing(operator: Caller) -> None:
    plan = make(operator)
    act(operator, plan, "submit")
    assert act(operator, plan, "approve", sha256="0" * 64).status_code == 409


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 256}, {"reason": None}])
def test_an_action_needs_a_reason(operator: Caller, body: Any) -> None:
    plan = make(operator)
    answer = operator.post(f"plans/{plan['id']}/submit", body)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["reason"]


@pytest.mark.parametrize("number", ["0", "999", "9" * 18])
def test_a_plan_that_there_is_not_is_404(operator: Caller, number: str) -> None:
    assert operator.get(f"plans/{number}").status_code == 404
    assert operator.post(f"plans/{number}/submit", {"reason": "x"}).status_code == 404


def test_the_list_is_newest_first_a_page_at_a_time(operator: Caller) -> None:
    made = [drafting.create(name=f"p{n}", steps=TEMPLATES["fast"], actor="ann").pk for n in range(5)]
    first = operator.get("plans", limit=2).json()["plans"]
    assert [plan["id"] for plan in first] == made[:-3:-1]
    rest = operator.get("plans", before=first[-1]["id"]).json()["plans"]
    assert [plan["id"] for plan in rest] == made[2::-1]
    act(operator, first[0], "cancel")
    assert [plan["id"] for plan in operator.get("plans", status="cancelled").json()["plans"]] == [first[0]["id"]]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 201}, {"before": "x"}, {"status": "odd"}, {"page": 2}])
def test_a_query_that_is_not_known_is_refused(operator: Caller, query: Any) -> None:
    answer = operator.get("plans", **query)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == list(query)


def test_a_list_costs_the_same_number_of_queries_however_long(
    operator: Caller, django_assert_max_num_queries: Any
) -> None:
    for n in range(20):
        drafting.create(name=f"p{n}", steps=TEMPLATES["fast"], actor="ann")
    with django_assert_max_num_queries(8):
        assert len(operator.get("plans").json()["plans"]) == 20


def test_how_long_a_step_was_observed_is_told(operator: Caller) -> None:
    plan = drafting.create(name="p", steps=TEMPLATES["fast"], actor="ann")
    since = timezone.now() - timedelta(minutes=5)
    plan.steps.filter(position=1).update(status=Step.Status.OBSERVING, observing_since=since)
    shown = operator.get(f"plans/{plan.pk}").json()["plan"]
    assert shown["current_step"] == 1
    assert 300 <= shown["steps"][0]["observed_s"] < 330


def test_the_checklist_of_a_plan_is_told(operator: Caller) -> None:
    plan = make(operator)
    found = operator.get(f"plans/{plan['id']}/checklist").json()["checklist"]
    assert {each["phase"] for each in found} == {"before", "during", "after"}
    assert {each["state"] for each in found} <= {"green", "red", "unknown", "signed"}
    assert all(each["text"] for each in found)
