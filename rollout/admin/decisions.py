"""What the controller found and did."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ljwx.admin.shown import moment
from rollout.admin import words
from rollout.admin.told import ToldOfPlanAdmin
from rollout.models import Decision


@admin.register(Decision)
class DecisionAdmin(ToldOfPlanAdmin):
    list_display = ("id", moment(Decision, "created_at"), "plan", "step", "verdict", "action", "blocks", "outcome")
    list_select_related = ("plan", "step")

    def get_queryset(self, request: HttpRequest) -> Any:
        """A page of the list needs no evidence: kilobytes a row."""
        queryset = super().get_queryset(request)
        match = request.resolver_match
        if match and match.url_name == "rollout_decision_changelist":
            return queryset.defer("evidence", "judgement")
        return queryset

    @admin.display(description=_("blocked by"))
    def blocks(self, row: Decision) -> str:
        return ", ".join(words.blocks(row.blocked_by))
