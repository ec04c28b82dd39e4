"""Devices whose path a person fixes, for a time."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ljwx.admin.paging import BoundedPaginator
from ljwx.admin.readonly import NewestFirst
from ljwx.admin.shown import moment
from rollout.models import Pin


class PinForm(forms.ModelForm):  # type: ignore[type-arg]
    """A pin that is made or changed now ends later than now."""

    class Meta:
        model = Pin
        fields = ("device_sn", "path", "owner", "reason", "expires_at")

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        if expires_at <= timezone.now():
            raise ValidationError(_("A pin expires in the future."))
        return expires_at


class Standing(admin.SimpleListFilter):
    """In force or over: a range of the index on the expiry."""

    title = gettext_lazy("state")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("on", _("in force")), ("over", _("expired"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "on":
                return queryset.filter(expires_at__gt=timezone.now())
            case "over":
                return queryset.filter(expires_at__lte=timezone.now())
        return queryset


@admin.register(Pin)
class PinAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Made, changed and deleted by people; every time with what it was and is in the log."""

    form = PinForm
    list_display = ("device_sn", "path", "owner", "reason", moment(Pin, "expires_at"))
    list_filter = (Standing,)
    ordering = ("-id",)
    paginator = BoundedPaginator
    search_help_text = gettext_lazy("The exact serial of a device.")
    show_full_result_count = False
    sortable_by: ClassVar[Any] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[NewestFirst]:
        return NewestFirst

    def get_search_fields(self, request: HttpRequest) -> Any:
        return ("device_sn",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        return (queryset.filter(device_sn=term) if term else queryset), False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Another device is another pin."""
        return ("device_sn",) if obj else ()

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Every value that changed, before and after."""
        if add:
            return told(form.instance)
        before = ", ".join(
            f"{name}: {form.initial.get(name)} → {form.cleaned_data[name]}" for name in form.changed_data
        )
        return before or super().construct_change_message(request, form, formsets, add)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """What was deleted, with why it had been made."""
        for pin in queryset:
            self.log_change(request, pin, _("Deleted. %s") % told(pin))
        return super().log_deletions(request, queryset)


def told(pin: Pin) -> str:
    """The pin in one line."""
    return f"{pin} ({pin.owner}: {pin.reason}; {timezone.localtime(pin.expires_at):%Y-%m-%d %H:%M:%S})"
