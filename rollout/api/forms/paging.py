"""Long lists: newest first, a page at a time, by number and not by offset."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from rollout.api.forms.strict import Form
from rollout.models import Plan

M = TypeVar("M", bound=Model)


class Page(Form):
    """A part of a list."""

    limit = serializers.IntegerField(default=50, min_value=1, max_value=200)
    before = serializers.IntegerField(
        required=False, min_value=1, help_text=gettext_lazy("Only what has a smaller number: the next page.")
    )


def page(rows: "QuerySet[M]", asked: Mapping[str, Any]) -> "QuerySet[M]":
    """The part of `rows`, which are newest first, that was asked for by a valid Page."""
    if "before" in asked:
        rows = rows.filter(pk__lt=asked["before"])
    return rows[: asked["limit"]]


class PlanPage(Page):
    """A part of the plans."""

    status = serializers.ChoiceField(choices=Plan.Status.choices, required=False)


class DecisionPage(Page):
    """A part of the decisions."""

    plan = serializers.IntegerField(required=False, min_value=1)
