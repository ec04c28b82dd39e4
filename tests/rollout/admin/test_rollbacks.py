"""The emergency page: what would move, a reason, the deed; from a plan and from the list of routes."""

from collections.abc import Callable
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from rollout.models import Plan, Rollback
from rollout.plans import drafting, templates
from tests.rollout.admin import fakes, people

pytestmark = pytest.mark.usefixtures("groups", "redis")

Put = Callable[[ModuleType], None]
ASK = "/admin/rollout/rollback/ask/"
ALL = ["device", "event", "health"]


@pytest.fixture
def operator(groups: None) -> Client:
    return people.client("operator")


@pytest.fixture
def calls(put: Put) -> fakes.Calls:
    made = fakes.Calls()
    put(fakes.rollback(calls=made))
    return made


def ask(browser: Client, **more: Any) -> Any:
    values = {"strategy": "immediate", "kinds": ALL, "reason": "errors", "confirmed": "1", **more}
    return browser.post(ASK, values)


def test_the_page_shows_what_would_move_before_anything_is_asked(operator: Client, calls: fakes.Calls) -> None:
    for page in (operator.get(ASK), operator.post(ASK)):
        text = people.text(page)
        assert "health 30 % → 0 % about 3600" in text
        assert "The legacy path can carry it." in text
        assert "errornote" not in page.content.decode()
    assert not calls.made


@pytest.mark.parametrize(
    ("fits", "told"),
    [
        (None, "Nobody has measured whether"),
        (False, "can not carry it at once"),
        (True, "The legacy path can carry it."),
    ],
)
def test_the_page_says_whether_the_legacy_path_can_carry_it(
    operator: Client, put: Put, fits: bool | None, told: str
) -> None:
    put(fakes.rollback(fits=fits))
    assert told in people.text(operator.get(ASK))


def test_a_reason_is_all_that_an_emergency_needs(operator: Client, calls: fakes.Calls) -> None:
    response = ask(operator)
    row = Rollback.objects.get()
    assert response["Location"] == f"/admin/rollout/rollback/{row.pk}/change/"
    assert calls.made == [
        ("immediate", "errors", "zhang", {"kinds": ALL, "force": False, "source": "admin"}),
    ]
    assert LogEntry.objects.get().change_message == "errors"


def test_a_percentage_an_interval_and_force_are_handed_on(operator: Client, calls: fakes.Calls) -> None:
    ask(operator, strategy="to-percentage", target="12.5", kinds=["health"], force="on")
    ask(operator, strategy="gradual", interval="90 s", target="3")
    told = [more for _strategy, _reason, _actor, more in calls.made]
    assert told[0] == {"kinds": ["health"], "force": True, "target": Decimal("12.5"), "source": "admin"}
    assert told[1] == {"kinds": ALL, "force": False, "interval_s": 90, "source": "admin"}


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"reason": " "}, "This field is required."),
        ({"strategy": "to-percentage"}, "Say to which percentage."),
        ({"strategy": "to-percentage", "target": "101"}, "less than or equal to 100"),
        ({"strategy": "sideways"}, "sideways is not one of the available choices"),
        ({"kinds": ["gold"]}, "gold is not one of the available choices"),
        ({"strategy": "gradual", "interval": "soon"}, "Write minutes, or a length of time"),
    ],
)
def test_what_can_not_be_is_shown_again_with_why(
    operator: Client, calls: fakes.Calls, values: dict[str, Any], complaint: str
) -> None:
    response = ask(operator, **values)
    assert response.status_code == 200
    assert complaint in response.content.decode()
    assert not calls.made


def test_looking_at_another_strategy_needs_no_reason_and_does_nothing(operator: Client, calls: fakes.Calls) -> None:
    page = operator.post(ASK, {"strategy": "to-percentage", "target": "5", "kinds": ["health"], "_preview": "1"})
    assert "health 30 % → 5 %" in people.text(page)
    assert "This field is required." not in page.content.decode()
    assert not calls.made


def test_a_refusal_is_told(operator: Client, put: Put) -> None:
    put(fakes.rollback(refused="it would not fit"))
    response = ask(operator)
    assert "it would not fit" in response.content.decode()
    assert not Rollback.objects.exists()


def test_the_page_of_a_plan_asks_for_its_kinds(operator: Client, calls: fakes.Calls) -> None:
    plan = drafting.create(name="autumn", steps=templates.TEMPLATES["fast"], actor="li", kinds=["health"])
    text = people.text(operator.get(f"{ASK}?plan={plan.pk}"))
    assert "health 30 % → 0 %" in text
    assert "device 30 %" not in text


def test_the_list_of_routes_has_the_button_for_who_may(operator: Client) -> None:
    assert ASK in operator.get("/admin/rollout/route/").content.decode()
    assert ASK not in people.client("viewer", name="wang").get("/admin/rollout/route/").content.decode()


def test_the_button_of_a_plan_leads_there(operator: Client, plan: Plan) -> None:
    Plan.objects.update(status="running", active=True)
    assert f"{ASK}?plan={plan.pk}" in operator.get(f"/admin/rollout/plan/{plan.pk}/change/").content.decode()
