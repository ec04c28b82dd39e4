"""Moving traffic by hand, and back."""

from decimal import Decimal
from typing import Any

import pytest

from rollout.models import Change, Rollback, Route
from rollout.plans import drafting, transitions
from rollout.plans.templates import TEMPLATES
from tests.rollout.api.conftest import Caller, Person


def shares() -> dict[str, Decimal]:
    return dict(Route.objects.values_list("kind", "percentage"))


@pytest.fixture
def running(db: None, settings: Any) -> int:
    """A plan that runs."""
    settings.PLAN_PEOPLE = 1
    plan = drafting.create(name="autumn", steps=TEMPLATES["fast"], actor="ann")
    transitions.submit(plan.pk, actor="ann")
    transitions.approve(plan.pk, actor="ann", reason="x")
    return transitions.start(plan.pk, actor="ann", preflight=lambda plan: []).pk


def test_the_guides_body_moves_every_kind(operator: Caller) -> None:
    answer = operator.post("switch_traffic", {"percentage": 20, "reason": "first step"})
    assert answer.status_code == 200, answer.content
    assert shares() == {"health": 20, "device": 20, "event": 20}
    assert {(change["kind"], change["from"], change["to"]) for change in answer.json()["changes"]} == {
        ("health", 0, 20), ("device", 0, 20), ("event", 0, 20),
    }  # fmt: skip
    assert set(Change.objects.values_list("actor", "reason", "source")) == {("operator", "first step", "manual")}


def test_one_kind_and_its_mirrored_share(operator: Caller) -> None:
    operator.post("switch_traffic", {"percentage": 33.33, "kind": "event", "mirror_percentage": 5, "reason": "x"})
    assert shares() == {"health": 0, "device": 0, "event": Decimal("33.33")}
    assert Route.objects.get(kind="event").mirror_percentage == 5
    operator.post("switch_traffic", {"mirror_percentage": 0, "kind": "event", "reason": "x"})
    assert shares()["event"] == Decimal("33.33")
    assert Route.objects.get(kind="event").mirror_percentage == 0


def test_the_same_share_again_changes_nothing(operator: Caller) -> None:
    assert operator.post("switch_traffic", {"percentage": 0, "reason": "x"}).json()["changes"] == []
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"percentage": 20}, "reason"),
        ({"reason": "x"}, "percentage"),
        ({"percentage": 101, "reason": "x"}, "percentage"),
        ({"percentage": -1, "reason": "x"}, "percentage"),
        ({"percentage": 1.234, "reason": "x"}, "percentage"),
        ({"percentage": "many", "reason": "x"}, "percentage"),
        ({"percentage": True, "reason": "x"}, "percentage"),
        ({"percentage": None, "reason": "x"}, "percentage"),
        ({"percentage": 20, "reason": "x", "kind": "weather"}, "kind"),
        ({"percentage": 20, "reason": "x", "expected_version": 1}, "kind"),
        ({"percentage": 20, "reason": "x", "precentage": 30}, "precentage"),
        ({"percentage": 20, "reason": "x", "emergency": "yes please"}, "emergency"),
    ],
)
def test_what_is_no_share_is_refused_with_the_field(operator: Caller, body: dict[str, Any], field: str) -> None:
    answer = operator.post("switch_traffic", body)
    assert answer.status_code == 400
    assert field in answer.json()["fields"], answer.content
    assert not Change.objects.exists()


def test_who_has_seen_another_version_changes_nothing(operator: Caller) -> None:
    body = {"percentage": 20, "kind": "health", "reason": "x", "expected_version": 1}
    assert operator.post("switch_traffic", body).status_code == 200
    assert operator.post("switch_traffic", {**body, "percentage": 30}).status_code == 409
    assert shares()["health"] == 20


def test_while_a_plan_is_active_it_moves_the_share(operator: Caller, running: int) -> None:
    answer = operator.post("switch_traffic", {"percentage": 20, "reason": "x"})
    assert answer.status_code == 409
    assert "rollback" in answer.json()["allowed"]
    assert shares()["health"] == 0


def test_an_emergency_needs_the_permission_to_roll_back(person: Person, running: int) -> None:
    caller = person("ann", "rollout.change_route")
    answer = caller.post("switch_traffic", {"percentage": 0, "reason": "x", "emergency": True})
    assert answer.status_code == 403
    assert "rollout.roll_back" in answer.json()["message"]


def test_the_way_back_is_taken_and_ends_the_plan(operator: Caller, running: int) -> None:
    Route.objects.update(percentage=50)
    answer = operator.post("emergency_rollback", {"reason": "errors"})
    assert answer.status_code == 200, answer.content
    assert set(shares().values()) == {0}
    told = answer.json()["rollback"]
    assert (told["strategy"], told["actor"], told["source"], told["plan"]) == ("immediate", "operator", "api", running)
    assert operator.get(f"plans/{running}").json()["plan"]["status"] == "rolling_back"
    assert operator.get(f"rollbacks/{told['id']}").json()["rollback"]["reason"] == "errors"
    assert [each["id"] for each in operator.get("rollbacks").json()["rollbacks"]] == [told["id"]]
    assert operator.get("status").json()["rollback"]["id"] == told["id"]


def test_asked_for_twice_it_is_the_same_way_back(operator: Caller) -> None:
    Route.objects.update(percentage=50)
    first = operator.post("emergency_rollback", {"reason": "errors"}).json()["rollback"]
    again = operator.post("emergency_rollback", {"reason": "errors"}).json()["rollback"]
    assert first["id"] == again["id"]
    assert Rollback.objects.count() == 1


def test_to_a_percentage_and_for_one_kind(operator: Caller) -> None:
    Route.objects.update(percentage=50)
    body = {"reason": "x", "strategy": "to-percentage", "target": 10, "kinds": ["health"], "force": True}
    assert operator.post("emergency_rollback", body).status_code == 200
    assert shares() == {"health": 10, "device": 50, "event": 50}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": "x", "strategy": "slowly"}, "strategy"),
        ({"reason": "x", "strategy": "to-percentage"}, "target"),
        ({"reason": "x", "target": 10}, "target"),
        ({"reason": "x", "kinds": []}, "kinds"),
        ({"reason": "x", "interval_s": -1}, "interval_s"),
        ({"reason": "x", "why": "y"}, "why"),
    ],
)
def test_what_is_no_way_back_is_refused_with_the_field(operator: Caller, body: dict[str, Any], field: str) -> None:
    answer = operator.post("emergency_rollback", body)
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert not Rollback.objects.exists()


def test_why_a_device_goes_where_it_goes(operator: Caller) -> None:
    Route.objects.filter(kind="health").update(percentage=10)
    told = operator.get("route/explain", device="TEST002").json()
    assert told["device"] == "TEST002"
    found = {each["kind"]: each for each in told["routes"]}
    assert set(found) == {"health", "device", "event"}
    assert (found["health"]["bucket"], found["health"]["percentage"], found["health"]["pin"]) == (428, 10, None)
    assert found["event"]["path"] == "legacy"
    only = operator.get("route/explain", device="TEST002", kind="event").json()
    assert [each["kind"] for each in only["routes"]] == ["event"]


@pytest.mark.parametrize("query", [{}, {"device": ""}, {"device": "x" * 65}, {"device": "x", "kind": "weather"}])
def test_only_a_device_can_be_asked_for(operator: Caller, query: dict[str, str]) -> None:
    assert operator.get("route/explain", **query).status_code == 400
