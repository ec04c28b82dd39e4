"""The history of the routes."""

from django.contrib import admin

from ljwx.admin.readonly import ReadOnlyAdmin
from ljwx.admin.shown import moment
from rollout.admin.filters import ByPlan
from rollout.models import Change


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "kind", "from_percentage", "to_percentage", "source", "actor", "reason", moment(Change, "created_at"),
    )  # fmt: skip
    list_filter = ("kind", "source", ByPlan)
    list_select_related = ("plan", "rollback")
