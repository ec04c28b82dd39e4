"""A plan as it is asked for, and what is said with each of its actions."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from rollout.api.forms.strict import REASON_LENGTH, Form, Reasoned
from rollout.api.forms.traffic import KindName, Percent
from rollout.models import Pause, Plan
from rollout.plans import templates
from rollout.plans.templates import MINUTE, StepDraft

GENERATED = ("target_percentage", "step_size", "step_interval_minutes")
MOST_MINUTES = templates.LONGEST_S // MINUTE


class StepForm(Form):
    """One step."""

    percentage = Percent()
    observe_minutes = serializers.IntegerField(min_value=0, max_value=MOST_MINUTES)


class PlanForm(Form):
    """A plan: by a template, by its steps, or by target, step size and interval."""

    name = serializers.CharField(max_length=100, required=False)
    kinds = serializers.ListField(
        child=KindName(), required=False, allow_empty=False, help_text=gettext_lazy("Every kind when left out.")
    )
    auto_execute = serializers.BooleanField(default=False, help_text=Plan._meta.get_field("auto_execute").help_text)
    template = serializers.ChoiceField(choices=list(templates.TEMPLATES), required=False)
    steps = StepForm(many=True, required=False, allow_empty=False)
    target_percentage = Percent(required=False)
    step_size = Percent(required=False)
    step_interval_minutes = serializers.IntegerField(required=False, min_value=0, max_value=MOST_MINUTES)
    reason = serializers.CharField(max_length=REASON_LENGTH, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        ways = ["template" in attrs, "steps" in attrs, any(name in attrs for name in GENERATED)]
        if sum(ways) != 1:
            text = _("A plan has either a template, or steps, or a target with step size and interval.")
            raise serializers.ValidationError({"steps": [text]})
        if ways[2] and (missing := [name for name in GENERATED if name not in attrs]):
            raise serializers.ValidationError({name: [_("This field is required.")] for name in missing})
        return attrs


def steps(asked: dict[str, Any]) -> tuple[StepDraft, ...]:
    """The steps that a valid PlanForm asks for. Raises Invalid."""
    if "template" in asked:
        return templates.TEMPLATES[asked["template"]]
    if "steps" in asked:
        return tuple(StepDraft(step["percentage"], step["observe_minutes"] * MINUTE) for step in asked["steps"])
    interval_s = asked["step_interval_minutes"] * MINUTE
    return templates.generated(target=asked["target_percentage"], step_size=asked["step_size"], interval_s=interval_s)


def name(asked: dict[str, Any], last: Decimal, *, now: datetime) -> str:
    """The name that was given, or one that tells the target and the time."""
    facts = {"share": f"{last.normalize():f}", "time": f"{timezone.localtime(now):%Y-%m-%d %H:%M}"}
    return asked.get("name") or _("To %(share)s %%, %(time)s") % facts


class Act(Reasoned):
    """Why, and on which version of the plan it was decided."""

    version = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text=gettext_lazy("The version you looked at; another one by now is a conflict."),
    )


class Approve(Act):
    """An approval."""

    sha256 = serializers.RegexField(
        r"^[0-9a-f]{64}$",
        required=False,
        help_text=gettext_lazy("The hash of the plan you read; another one is a conflict."),
    )


class Resume(Act):
    """Which pauses to clear."""

    causes = serializers.ListField(
        child=serializers.ChoiceField(choices=Pause.Cause.choices), default=[Pause.Cause.OPERATOR], allow_empty=False
    )
