"""The audit rows of the plans."""

from django.contrib import admin

from ljwx.admin.shown import moment
from rollout.admin.told import ToldOfPlanAdmin
from rollout.models import Transition


@admin.register(Transition)
class TransitionAdmin(ToldOfPlanAdmin):
    list_display = (
        "id", "plan", "action", "step", "from_status", "to_status", "actor", "reason", moment(Transition, "created_at"),
    )  # fmt: skip
    list_select_related = ("plan",)
