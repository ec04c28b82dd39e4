"""The ways back that were taken, and the page that takes one."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ljwx.admin.shown import moment
from rollout import rollback
from rollout.admin import confirming
from rollout.admin.rollbackform import RollbackForm, S
from rollout.admin.told import ToldOfPlanAdmin
from rollout.models import Plan, Rollback
from rollout.rollback import telling
from rollout.rollback.errors import RollbackRefused


@admin.register(Rollback)
class RollbackAdmin(ToldOfPlanAdmin):
    """Read-only: `rollout.rollback` alone writes them."""

    list_display = (
        "id", "strategy", "target", "status", "source", "actor", "reason", moment(Rollback, "requested_at"),
        moment(Rollback, "effective_at"), moment(Rollback, "drained_at"), "came_of_it",
    )  # fmt: skip

    @admin.display(description=_lazy("outcome"))
    def came_of_it(self, row: Rollback) -> str:
        return telling.said(row.facts, row.outcome)

    def get_urls(self) -> Any:
        ask = path("ask/", self.admin_site.admin_view(self.ask_view), name="rollout_rollback_ask")
        return [ask, *super().get_urls()]

    def ask_view(self, request: HttpRequest) -> HttpResponse:
        """The emergency page: what would move and whether the legacy path can carry it, the reason, the deed. It asks
        for no version: a way back is right from any state."""
        if not request.user.has_perm("rollout.roll_back"):
            raise PermissionDenied
        plan = _plan(request.GET.get("plan", ""))
        chosen = plan.kinds if plan else None
        form = RollbackForm(request.POST if "strategy" in request.POST else None, chosen=chosen)
        asked = confirming.CONFIRMED in request.POST and form.is_valid()
        if asked and (done := self._execute(request, form)):
            return done
        return self._draw(request, form, plan=plan)

    def _execute(self, request: HttpRequest, form: RollbackForm) -> HttpResponse | None:
        values, asked = form.cleaned_data, form.asked() or {}
        if values["strategy"] == S.GRADUAL and values["interval"] is not None:
            asked["interval_s"] = values["interval"]
        try:
            made = rollback.execute_rollback(
                asked.pop("strategy"), values["reason"], request.user.get_username(), source="admin", **asked
            )
        except RollbackRefused as error:
            form.add_error(None, str(error))
            return None
        self.log_change(request, made, values["reason"])
        messages.success(request, _("Rollback asked for: %s") % made.get_status_display())
        return HttpResponseRedirect(reverse("admin:rollout_rollback_change", args=[made.pk]))

    def _draw(self, request: HttpRequest, form: RollbackForm, *, plan: Plan | None) -> HttpResponse:
        asked, preview = form.asked(), None
        if asked is not None:
            try:
                preview = rollback.preview(asked.pop("strategy"), **asked)
            except RollbackRefused as error:
                messages.warning(request, str(error))
        previewing = form.is_bound and confirming.CONFIRMED not in request.POST
        if previewing:
            # The page was drawn anew to look at the effect: a reason that lacks is no fault yet.
            form.errors.pop("reason", None)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Emergency rollback"),
            "plan": plan,
            "form": form,
            "adminform": confirming.fields(form),
            "preview": preview,
            "back": reverse("admin:rollout_plan_change", args=[plan.pk])
            if plan
            else reverse("admin:rollout_route_changelist"),
        }
        return TemplateResponse(request, "admin/rollout/rollback/ask.html", context)


def _plan(text: str) -> Plan | None:
    return Plan.objects.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
