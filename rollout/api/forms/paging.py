"""Long lists: newest first, a page at a time, by number and not by offset."""

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from rollout.api.forms.strict import Form
from rollout.models import Plan


class Page(Form):
    """A part of a list."""

    limit = serializers.IntegerField(default=50, min_value=1, max_value=200)
    before = serializers.IntegerField(
        required=False, min_value=1, help_text=gettext_lazy("Only what has a smaller number: the next page.")
    )


class PlanPage(Page):
    """A part of the plans."""

    status = serializers.ChoiceField(choices=Plan.Status.choices, required=False)


class DecisionPage(Page):
    """A part of the decisions."""

    plan = serializers.IntegerField(required=False, min_value=1)
