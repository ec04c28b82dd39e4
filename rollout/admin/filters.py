"""Filters that never read a table to learn their choices."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class ByPlan(SimpleListFilter):
    """The rows of one plan: reached from the plan's page, so it has no link here but to leave it."""

    title = _("plan")
    parameter_name = "plan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = request.GET.get(self.parameter_name, "")[:20]
        return [(chosen, chosen)] if chosen.isdecimal() else []

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value() or ""
        return queryset.filter(plan=int(value)) if value.isdecimal() and len(value) < 19 else queryset
