"""The record tables, to be looked at. A device leads to everything that is known of it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from ingest.models import AlertInfo, CommonEvent, DeviceInfo, DeviceInfoHistory, HealthDaily, HealthData, HealthWeekly
from ljwx.admin.readonly import BySerialAdmin
from ljwx.admin.shown import moment
from rollout.admin import tracing
from streaming.models import DeadLetter

BY_SERIAL = _("The exact serial of a device.")
LAST_CHARACTER = "\U0010ffff"


@admin.register(HealthData)
class HealthDataAdmin(BySerialAdmin):
    list_display = (
        "id", "device_sn", moment(HealthData, "timestamp"), "heart_rate", "blood_oxygen", "temperature",
        "pressure_high", "pressure_low", "stress", "step", "upload_method",
    )  # fmt: skip
    search_help_text = BY_SERIAL
    found_ordering = ("-timestamp",)


@admin.register(HealthDaily)
class HealthDailyAdmin(BySerialAdmin):
    list_display = ("id", "device_sn", "date", moment(HealthDaily, "update_time"))
    search_help_text = BY_SERIAL
    found_ordering = ("-date",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .defer("sleep_data", "exercise_daily_data", "workout_data")
            .defer("scientific_sleep_data")
        )


@admin.register(HealthWeekly)
class HealthWeeklyAdmin(BySerialAdmin):
    list_display = ("id", "device_sn", "week_start", moment(HealthWeekly, "update_time"))
    search_help_text = BY_SERIAL
    found_ordering = ("-week_start",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("exercise_week_data")


@admin.register(DeviceInfo)
class DeviceInfoAdmin(BySerialAdmin):
    list_display = (
        "serial_number", "device_name", "status", "wearable_status", "charging_status", "battery_level",
        "system_software_version", moment(DeviceInfo, "timestamp"), "trace",
    )  # fmt: skip
    search_help_text = _("The serial of a device, or its first characters.")
    serial = "serial_number"

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By the first characters, as a range of the unique index: LIKE reads the whole table on SQLite, and LIKE
        BINARY on MySQL."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = queryset.filter(serial_number__gte=term, serial_number__lt=term + LAST_CHARACTER)
        return found.order_by("serial_number"), False

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        if obj is not None:
            context["related"] = self.related(request, obj.serial_number)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_list_display(self, request: HttpRequest) -> Any:
        names = super().get_list_display(request)
        return names if request.user.has_perms(tracing.NEEDS) else [name for name in names if name != "trace"]

    @admin.display(description=_("uploads"))
    def trace(self, row: DeviceInfo) -> SafeString:
        """Where they went."""
        return format_html('<a href="{}">{}</a>', tracing.url(row.serial_number), _("trace"))

    def related(self, request: HttpRequest, serial: str) -> list[dict[str, Any]]:
        """Links to where its uploads went and to the rows of this very serial, as far as `request.user` may look."""
        models: tuple[Any, ...] = (
            HealthData, HealthDaily, HealthWeekly, DeviceInfoHistory, CommonEvent, AlertInfo, DeadLetter,
        )  # fmt: skip
        traced = [{"label": _("where its uploads went"), "url": tracing.url(serial)}]
        return (traced if request.user.has_perms(tracing.NEEDS) else []) + [
            {
                "label": model._meta.verbose_name_plural,
                "url": reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
                + "?"
                + urlencode({"q": serial}),
            }
            for model in models
            if request.user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
        ]


@admin.register(DeviceInfoHistory)
class DeviceInfoHistoryAdmin(BySerialAdmin):
    list_display = (
        "id", "serial_number", moment(DeviceInfoHistory, "timestamp"), "status", "wearable_status", "charging_status",
        "battery_level",
    )  # fmt: skip
    search_help_text = BY_SERIAL
    serial = "serial_number"
    found_ordering = ("-timestamp",)


@admin.register(CommonEvent)
class CommonEventAdmin(BySerialAdmin):
    list_display = ("id", "device_sn", "event_type", moment(CommonEvent, "timestamp"), "value")
    search_help_text = BY_SERIAL
    found_ordering = ("-timestamp",)

    @admin.display(description=_("value"))
    def value(self, row: CommonEvent) -> str:
        return Truncator(row.event_value).chars(80)


class Pending(SimpleListFilter):
    """Open alerts of one severity: what the index on status, severity and id answers in the list's own order."""

    title = _("pending, by severity")
    parameter_name = "pending"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return AlertInfo.Severity.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in AlertInfo.Severity.values:
            return queryset.filter(alert_status="pending", severity_level=self.value())
        return queryset


@admin.register(AlertInfo)
class AlertInfoAdmin(BySerialAdmin):
    list_display = (
        "id", "severity_level", "alert_type", "device_sn", moment(AlertInfo, "alert_timestamp"), "alert_status",
    )  # fmt: skip
    list_filter = (Pending,)
    lookups = ("pending",)
    search_help_text = BY_SERIAL
