"""Tables that people look at and only programs write."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.db import models
from django.http import HttpRequest

from ljwx.admin.paging import BoundedPaginator
from ljwx.admin.shown import Display, indented, moment


class NewestFirst(ChangeList):
    """A list in the order its admin gives it, whatever the address asks: sorting by another column reads every row."""

    def get_ordering(self, request: HttpRequest, queryset: Any) -> Any:
        self.params.pop(ORDER_VAR, None)
        return super().get_ordering(request, queryset)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Lists and shows rows to who may view them; nobody adds, changes or deletes one, superusers neither.

    Fast on millions of rows: no COUNT without a bound, newest first by primary key, no other order.
    """

    actions: Any = None
    list_per_page = 50
    list_max_show_all = 50
    ordering = ("-id",)
    paginator = BoundedPaginator
    show_facets = ShowFacets.NEVER
    show_full_result_count = False
    sortable_by: ClassVar[Any] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NewestFirst

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Every field of the model, times and JSON as `ljwx.admin.shown` shows them."""
        return [self.field(field) for field in self.model._meta.fields]

    def field(self, field: Any) -> str | Display:
        """How one field is shown."""
        if isinstance(field, models.DateTimeField):
            return moment(self.model, field.name)
        if isinstance(field, models.JSONField):
            return indented(self.model, field.name)
        return str(field.name)


class BySerialAdmin(ReadOnlyAdmin):
    """A read-only table whose only search is for a device's exact serial, which an index answers."""

    serial = "device_sn"
    # The order of one device's rows: one that the index on the serial has. By primary key MySQL may choose to walk
    # the whole table backwards instead.
    found_ordering: tuple[str, ...] = ("-id",)
    lookups: tuple[str, ...] = ()

    def get_search_fields(self, request: HttpRequest) -> Any:
        return (self.serial,)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(**{self.serial: term}).order_by(*self.found_ordering), False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only the filters on offer: an address may not ask for a condition that no index answers."""
        return lookup in self.lookups
