"""Alerts: looked at, and acknowledged."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ljwx.admin.readonly import ReadOnlyAdmin
from ljwx.admin.shown import moment
from monitoring.alerts import states, wording
from monitoring.models import Alert
from rollout.admin import confirming


class ByState(SimpleListFilter):
    """One state: a range of an index."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Alert.State.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(state=self.value()) if self.value() in Alert.State.values else queryset


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """Read-only but for one deed: saying that somebody is at it."""

    actions = ("acknowledge",)
    list_display = (
        "id", "state", "severity", "name", "told", moment(Alert, "pending_at"), moment(Alert, "firing_at"),
        moment(Alert, "resolved_at"), "acknowledged_by", "note",
    )  # fmt: skip
    list_filter = (ByState,)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == ByState.parameter_name

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        """Who may say so."""
        return request.user.has_perm("monitoring.acknowledge_alert")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = [self.field(field) for field in self.model._meta.fields if field.name != "open_key"]
        return ["told", *own]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("told",)

    @admin.display(description=gettext_lazy("text"))
    def told(self, row: Alert) -> str:
        return wording.text(row.rule, row.label, row.values)

    @admin.action(permissions=["acknowledge"], description=gettext_lazy("Acknowledge the selected alerts"))
    def acknowledge(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """The page that says what it means and asks why; with its confirmation, the deed."""
        form = confirming.ReasonForm(confirming.confirmed(request))
        firing = list(queryset.filter(state=Alert.State.FIRING).order_by("pk")[: states.MOST])
        if not firing:
            messages.warning(request, _("None of these alerts is firing."))
            return None
        if not form.is_valid():
            return self._ask(request, form, len(firing))
        reason = form.cleaned_data["reason"]
        done = states.acknowledge(
            [alert.pk for alert in firing], actor=request.user.get_username(), note=reason, now=timezone.now()
        )
        for alert in firing:
            self.log_change(request, alert, f"{_('Acknowledge')}: {reason}")
        messages.success(request, ngettext("%d is acknowledged.", "%d are acknowledged.", done) % done)
        return None

    def _ask(self, request: HttpRequest, form: forms.Form, count: int) -> HttpResponse:
        return confirming.selected(
            self, request, action="acknowledge", title=_("Acknowledge alerts"), form=form,
            button=_("Acknowledge"), count=count,
            back=f"{reverse('admin:monitoring_alert_changelist')}?state=firing",
            template="admin/monitoring/alert/acknowledge.html",
        )  # fmt: skip
