"""Findings of checks: looked at, and answered for where nothing can mend them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ljwx.admin.readonly import ReadOnlyAdmin
from ljwx.admin.shown import moment
from rollout.admin import checkpage, confirming
from rollout.consistency import acknowledging
from rollout.consistency.errors import NotAcknowledged
from rollout.consistency.report import masked
from rollout.models import Acknowledgement, CheckFinding

PAYLOAD = "streaming.view_payload"
# What a repair needs and no reader.
HIDDEN = ("payload", "form", "beside")


class ByCheck(SimpleListFilter):
    """The findings of one check: reached from its page, so it has no link here but to leave it."""

    title = gettext_lazy("check")
    parameter_name = "check"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = request.GET.get(self.parameter_name, "")[:20]
        return [(chosen, chosen)] if chosen.isdecimal() else []

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value() or ""
        return queryset.filter(check_run=int(value)) if value.isdecimal() and len(value) < 19 else queryset


class ByState(SimpleListFilter):
    """Those that nobody has mended or answered for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", gettext_lazy("open"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(resolved_at__isnull=True) if self.value() == "open" else queryset


@admin.register(CheckFinding)
class FindingAdmin(ReadOnlyAdmin):
    """Read-only but for one deed: answering for what can not be mended. Who may not see health data sees no value and
    no whole serial."""

    actions = ("acknowledge",)
    list_display = (
        "id", "outcome", "kind", "of_kind", "device", "path", "fields_named", "reason",
        moment(CheckFinding, "found_at"), moment(CheckFinding, "resolved_at"), "resolved_by",
    )  # fmt: skip
    list_filter = (ByState, ByCheck)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup in (ByCheck.parameter_name, ByState.parameter_name)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("payload")

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        """Who may answer for findings."""
        return request.user.has_perm("rollout.add_acknowledgement")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = request.user.has_perm(PAYLOAD)
        own = {"device_sn": self._device(shown=shown), "differences": self._differing(shown=shown)}
        fields = [field for field in self.model._meta.fields if field.name not in HIDDEN]
        return [own.get(field.name) or self.field(field) for field in fields]

    @admin.display(description=gettext_lazy("device"))
    def device(self, row: CheckFinding) -> str:
        return masked(row.device_sn) if row.device_sn else "–"

    @admin.display(description=gettext_lazy("fields"))
    def fields_named(self, row: CheckFinding) -> str:
        return ", ".join(column for column, _sent, _held in row.differences)

    def _device(self, *, shown: bool) -> Any:
        def device(row: CheckFinding) -> str:
            return row.device_sn if shown else self.device(row)

        device.short_description = gettext_lazy("device")  # type: ignore[attr-defined]
        return device

    def _differing(self, *, shown: bool) -> Any:
        def differences(row: CheckFinding) -> str:
            return "; ".join(checkpage.sample(row, shown=shown)["fields"]) or "–"

        differences.short_description = gettext_lazy("differences")  # type: ignore[attr-defined]
        return differences

    @admin.action(permissions=["acknowledge"], description=gettext_lazy("Acknowledge the selected findings"))
    def acknowledge(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """The page that says what it means and asks why; with its confirmation, the deed."""
        form = confirming.ReasonForm(confirming.confirmed(request))
        pks = list(queryset.filter(resolved_at__isnull=True).values_list("pk", flat=True)[: acknowledging.MOST])
        if form.is_valid():
            self._acknowledge(request, pks, form.cleaned_data["reason"])
            return None
        return self._ask(request, form, pks)

    def _ask(self, request: HttpRequest, form: forms.Form, pks: list[int]) -> HttpResponse | None:
        if not pks:
            messages.warning(request, _("None of these findings is open."))
            return None
        return confirming.selected(
            self, request, action="acknowledge", title=_("Acknowledge findings"), form=form,
            button=_("Acknowledge"), count=len(pks),
            back=f"{reverse('admin:rollout_checkfinding_changelist')}?state=open",
            template="admin/rollout/checkfinding/acknowledge.html",
        )  # fmt: skip

    def _acknowledge(self, request: HttpRequest, pks: list[int], reason: str) -> None:
        try:
            ended = acknowledging.acknowledge(pks, actor=request.user.get_username(), reason=reason)
        except NotAcknowledged as error:
            messages.error(request, str(error))
            return
        messages.success(request, ngettext("%d is acknowledged.", "%d are acknowledged.", ended) % ended)


@admin.register(Acknowledgement)
class AcknowledgementAdmin(ReadOnlyAdmin):
    """Read-only: made with the finding's end."""

    list_display = ("id", "actor", "reason", moment(Acknowledgement, "created_at"))
