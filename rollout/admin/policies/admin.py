"""Every version of the guardrails, and the form that makes the next one."""

from datetime import timedelta
from typing import Any

import msgspec
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ljwx.admin.readonly import ReadOnlyAdmin
from ljwx.admin.shown import moment
from rollout import policies
from rollout.admin import confirming
from rollout.admin.policies.form import PolicyForm
from rollout.models import GuardrailPolicy
from rollout.plans.errors import PlanError


@admin.register(GuardrailPolicy)
class PolicyAdmin(ReadOnlyAdmin):
    """A version is never edited: a change is a new one, made by `rollout.policies`."""

    list_display = ("version", "active", "created_by", "reason", moment(GuardrailPolicy, "created_at"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rollout.add_guardrailpolicy")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The thresholds in force, to be changed, tried and saved as the next version."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        row, policy = policies.active()
        form = PolicyForm(request.POST if request.method == "POST" else None, policy=policy, version=row.version)
        tried = None
        if form.is_valid() and (wanted := _decoded(form)) is not None:
            if confirming.CONFIRMED in request.POST:
                if done := self._save(request, form):
                    return done
            else:
                since = timezone.now() - timedelta(hours=form.cleaned_data["hours"] or 24)
                tried = {
                    "lines": list(policies.try_out(wanted, since=since).lines()),
                    "since": since,
                    "changed": form.changed(),
                }
        return self._draw(request, form, row=row, tried=tried)

    def _save(self, request: HttpRequest, form: PolicyForm) -> HttpResponse | None:
        values = form.cleaned_data
        if not form.changed():
            form.add_error(None, _("No threshold was changed."))
            return None
        try:
            saved = policies.save(
                form.thresholds(),
                actor=request.user.get_username(),
                reason=values["reason"],
                expected=values["version"],
            )
        except PlanError as error:
            form.add_error(None, str(error))
            return None
        self.log_addition(request, saved, f"{values['reason']}: {'; '.join(form.changed())}")
        messages.success(request, _("Version %d judges from now on.") % saved.version)
        return HttpResponseRedirect(reverse("admin:rollout_guardrailpolicy_changelist"))

    def _draw(self, request: HttpRequest, form: PolicyForm, *, row: GuardrailPolicy, tried: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("New version of the guardrails"),
            "form": form,
            "adminform": confirming.fields(form, form.fieldsets()),
            "row": row,
            "tried": tried,
        }
        return TemplateResponse(request, "admin/rollout/guardrailpolicy/form.html", context)


def _decoded(form: PolicyForm) -> Any:
    """The policy that the form asks for; None, with the complaint on the form, when it contradicts itself."""
    try:
        return msgspec.convert(form.thresholds(), type(form.policy))
    except (msgspec.ValidationError, ValueError) as error:
        form.add_error(None, str(error))
        return None
