"""The guardrails' thresholds: one field each, tried before they are saved, and every version kept."""

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
import pytest
from django.test import Client

from rollout.admin.policies.form import PolicyForm, thresholds
from rollout.admin.policies.words import GROUPS, LIMITS, group
from rollout.guardrails.policy import Policy
from rollout.models import GuardrailPolicy
from tests.rollout.admin import fakes, people

pytestmark = pytest.mark.usefixtures("groups", "redis")

ADD = "/admin/rollout/guardrailpolicy/add/"


@pytest.fixture
def calls(db: None, put: Callable[[ModuleType], None]) -> fakes.Calls:
    made = fakes.Calls()
    put(fakes.policies(Policy(), calls=made))
    return made


@pytest.fixture
def approver(groups: None) -> Client:
    return people.client("approver")


def drawn(**more: Any) -> dict[str, Any]:
    """The form as it is drawn, and what a person writes into it."""
    form = PolicyForm(policy=Policy(), version=1)
    values = {name: form[name].value() for name in form.fields}
    shown = {name: ", ".join(map(str, value)) if isinstance(value, tuple) else value for name, value in values.items()}
    return {**shown, "reason": "calmer", **more}


def asked(**more: Any) -> PolicyForm:
    form = PolicyForm(drawn(**more), policy=Policy(), version=1)
    assert form.is_valid(), form.errors
    return form


def test_every_threshold_has_words() -> None:
    paths = [path for path, _value in thresholds(Policy())]
    assert {path[-1] for path in paths} == set(LIMITS)
    assert {group(path) for path in paths} == set(GROUPS)


def test_a_form_that_nobody_touched_is_the_policy_bit_for_bit() -> None:
    form = asked()
    assert msgspec.convert(form.thresholds(), Policy) == Policy()
    assert form.changed() == []


def test_shares_are_percent_in_the_form_and_parts_of_one_in_the_policy() -> None:
    form = asked(errors__hold="2.5", cpu__act="92", age__hold="45", backlog__action="pause")
    found = msgspec.convert(form.thresholds(), Policy)
    assert (found.errors.hold, found.cpu.act, found.age.hold) == (0.025, 0.92, 45.0)
    assert form.changed() == [
        "Error rate of the stream path, hold from (%): 1 → 2.5",
        "Backlog, action: add_consumers → pause",
        "Age of the oldest unacknowledged entry, hold from (s): 30 → 45",
        "CPU of the machine, act from (%): 90 → 92",
    ]


def test_trying_shows_what_would_change_and_saves_nothing(approver: Client, calls: fakes.Calls) -> None:
    page = people.text(approver.post(ADD, drawn(age__hold="45", _try="1")))
    assert "hold from (s): 30 → 45" in page
    assert "3 of 40 decisions would differ" in page
    [(name, wanted)] = calls.made
    assert (name, wanted.age.hold) == ("try", 45.0)
    assert GuardrailPolicy.objects.count() == 1


def test_saving_makes_the_next_version(approver: Client, calls: fakes.Calls) -> None:
    response = approver.post(ADD, drawn(age__hold="45", confirmed="1"))
    assert response["Location"] == "/admin/rollout/guardrailpolicy/"
    [(values, actor, reason)] = calls.made
    assert (values["age"]["hold"], actor, reason) == (45.0, "zhang", "calmer")
    assert list(GuardrailPolicy.objects.order_by("version").values_list("version", "active")) == [(1, None), (2, True)]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"age__hold": "200"}, "hold comes before act"),
        ({"age__hold": "-1"}, "greater than or equal to 0"),
        ({"age__hold": "NaN"}, "Enter a number."),
        ({"age__action": "add_consumers"}, "more consumers are no answer to it"),
        ({"age__action": "dance"}, "dance is not one of the available choices"),
        ({"errors__test__alternatives": "0.06, much"}, "Write numbers, separated by commas."),
        ({"errors__good_min": "2.5"}, "Enter a whole number."),
        ({"reason": ""}, "This field is required."),
        ({}, "No threshold was changed."),
        ({"age__hold": "45", "version": "7"}, "somebody else has changed the thresholds"),
    ],
)
def test_what_contradicts_itself_is_shown_again_with_why(
    approver: Client, calls: fakes.Calls, values: dict[str, Any], complaint: str
) -> None:
    response = approver.post(ADD, drawn(confirmed="1", **values))
    assert response.status_code == 200
    assert complaint in response.content.decode()
    assert GuardrailPolicy.objects.count() == 1


def test_each_field_has_its_unit_and_help(approver: Client, calls: fakes.Calls) -> None:
    content = approver.get(ADD).content.decode()
    assert "p99 of accept" in content
    for name, unit in (("errors__hold", "%"), ("backlog__act", "entries"), ("accept__act", "s")):
        label = re.search(
            rf'<label for="id_{name}"[^>]*>([^<]+)</label>|<label[^>]* for="id_{name}"[^>]*>([^<]+)<', content
        )
        assert label, name
        assert f"({unit})" in label.group(0)
        assert f'id="id_{name}_helptext"' in content
