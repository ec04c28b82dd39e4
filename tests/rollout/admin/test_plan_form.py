"""One form for a plan and its steps, saved through `rollout.plans.drafting`."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from rollout.admin.duration import parse, shown
from rollout.models import Plan
from rollout.plans import drafting, templates, transitions
from tests.rollout.admin import people

pytestmark = pytest.mark.usefixtures("groups", "redis")

ADD = "/admin/rollout/plan/add/"


@pytest.fixture
def operator(groups: None) -> Client:
    return people.client("operator")


def filled(*rows: tuple[str, str], **more: Any) -> dict[str, Any]:
    """The form as a person fills it in."""
    values = {
        "name": "spring", "kinds": ["health", "device"], "source": "steps", "target": "", "step_size": "",
        "interval": "", "reason": "first plan", "steps-TOTAL_FORMS": "8", "steps-INITIAL_FORMS": "0",
    }  # fmt: skip
    for number, (percentage, observe) in enumerate(rows):
        values |= {f"steps-{number}-percentage": percentage, f"steps-{number}-observe_s": observe}
    return values | more


def steps(plan: Plan) -> list[tuple[Decimal, int]]:
    return list(plan.steps.values_list("percentage", "observe_s"))


def test_a_table_of_steps_becomes_a_draft_and_empty_rows_are_passed_over(operator: Client) -> None:
    response = operator.post(ADD, filled(("5", "2 h"), ("", ""), ("12.5", "90"), auto_execute="on"))
    plan = Plan.objects.get()
    assert response["Location"] == f"/admin/rollout/plan/{plan.pk}/change/"
    assert (plan.name, plan.kinds, plan.auto_execute, plan.created_by) == (
        "spring", ["device", "health"], True, "zhang",
    )  # fmt: skip
    assert steps(plan) == [(Decimal(5), 7200), (Decimal("12.5"), 5400)]
    assert plan.transitions.get().reason == "first plan"
    assert LogEntry.objects.get().object_id == str(plan.pk)


@pytest.mark.parametrize("name", ["three-phase", "fast"])
def test_a_template_needs_no_table(operator: Client, name: str) -> None:
    operator.post(ADD, filled(("90", "x"), source=name))
    plan = Plan.objects.get()
    assert plan.template == name
    assert steps(plan) == [(step.percentage, step.observe_s) for step in templates.TEMPLATES[name]]


def test_steps_are_generated_up_to_the_target(operator: Client) -> None:
    operator.post(ADD, filled(source="generated", target="25", step_size="10", interval="1 h 30 min"))
    assert steps(Plan.objects.get()) == [(Decimal(share), 5400) for share in (10, 20, 25)]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (filled(("20", "5"), ("10", "5")), "Each step&#x27;s share is above the one before it."),
        (filled(), "A plan has 1 to 100 steps."),
        (filled(("20", "soon")), "Write minutes, or a length of time like 2 h or 1 h 30 min."),
        (filled(("20", "31 d")), "A step is observed for 0 seconds to 30 days."),
        (filled(("20", "")), "This field is required."),
        (filled(("20", "5"), kinds=[]), "This field is required."),
        (filled(("20", "5"), kinds="gold"), "gold is not one of the available choices"),
        (filled(("20", "5"), reason=" "), "This field is required."),
        (filled(("20", "5"), name=""), "This field is required."),
        (filled(source="generated", target="100", step_size="10"), "Needed to generate the steps."),
        (filled(source="generated", target="100", step_size="0.1", interval="5"), "A plan has 100 steps at most."),
        (filled(source="other"), "other is not one of the available choices"),
    ],
)
def test_what_is_no_plan_is_shown_again_with_why(operator: Client, values: dict[str, Any], complaint: str) -> None:
    response = operator.post(ADD, values)
    assert response.status_code == 200
    assert complaint in response.content.decode()
    assert not Plan.objects.exists()


def test_more_rows_keep_what_was_written_and_save_nothing(operator: Client) -> None:
    page = operator.post(ADD, filled(("5", "2 h"), _more="1")).content.decode()
    assert 'name="steps-10-percentage"' in page
    assert 'value="2 h"' in page
    assert "errornote" not in page
    assert not Plan.objects.exists()


def test_an_edit_shows_hours_makes_a_draft_again_and_voids_approvals(operator: Client, plan: Plan) -> None:
    transitions.submit(plan.pk, actor="li")
    approved = transitions.approve(plan.pk, actor="zhao", reason="fine")
    url = f"/admin/rollout/plan/{plan.pk}/edit/"
    page = operator.get(url)
    assert 'value="10 min"' in page.content.decode()
    assert "voids its approvals" in people.text(page)
    operator.post(url, filled(("10", "10 min"), ("40", "2 h"), version=str(approved.version)))
    plan.refresh_from_db()
    assert (plan.status, plan.name, plan.created_by) == ("draft", "spring", "li")
    assert steps(plan) == [(Decimal(10), 600), (Decimal(40), 7200)]
    assert not plan.approvals.filter(valid=True).exists()


def test_a_stale_edit_is_refused_with_the_present_state(operator: Client, plan: Plan) -> None:
    drafting.edit(
        plan.pk, name="autumn 2", steps=templates.TEMPLATES["fast"], actor="li", kinds=["health"], auto_execute=False
    )
    response = operator.post(f"/admin/rollout/plan/{plan.pk}/edit/", filled(("10", "10"), version="1"))
    assert response["Location"] == f"/admin/rollout/plan/{plan.pk}/change/"
    assert "the plan is at version 2 by now, not 1" in people.messages(response)
    plan.refresh_from_db()
    assert plan.name == "autumn 2"


def test_a_plan_that_has_started_is_not_edited(operator: Client, plan: Plan) -> None:
    transitions.cancel(plan.pk, actor="li", reason="no")
    for send in (operator.get, operator.post):
        response = send(f"/admin/rollout/plan/{plan.pk}/edit/", filled(("10", "10"), version="2"))
        assert response.status_code == 302
        assert "cancelled can not do this" in people.messages(response)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45", 2700), ("2 h", 7200), ("1 h 30 min", 5400), ("1.5h", 5400), ("2小时", 7200), ("1天", 86400), ("30 s", 30),
     ("0", 0)],
)  # fmt: skip
def test_lengths_of_time_are_read_as_people_write_them(text: str, seconds: int) -> None:
    assert parse(text) == seconds
    assert parse(shown(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "soon", "2 weeks", "-5", "1 h 30 x", "h", "1e3"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no length of time"):
        parse(text)
