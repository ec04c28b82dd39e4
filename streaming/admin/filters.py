"""Filters of the list of dead letters; none of them reads the table to learn its choices."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from streaming import reasons, registry
from streaming.models import DeadLetter


class ByCategory(SimpleListFilter):
    """The reason without its values."""

    title = _("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = {category for state in DeadLetter.State.values for category in reasons.categories(state)}
        return [(category, category) for category in sorted(found)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(category=self.value()) if self.value() else queryset


class ByFingerprint(SimpleListFilter):
    """The group: offered above the list, with its reason and counts, so it has no links here but to leave it."""

    title = _("group")
    parameter_name = "fingerprint"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = request.GET.get(self.parameter_name, "")[:16]
        return [(chosen, chosen)] if chosen else []

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(fingerprint=self.value()) if self.value() else queryset


class ByKind(SimpleListFilter):
    """The kind of upload."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.name, kind.name) for kind in registry.kinds()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(kind=self.value()) if self.value() else queryset
