"""Repairs: looked at, and approved by somebody else."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ljwx.admin.readonly import ReadOnlyAdmin
from ljwx.admin.shown import moment
from rollout.admin import confirming
from rollout.consistency import repairing
from rollout.consistency.errors import CheckRunning, RepairRefused
from rollout.lease import LeaseLost
from rollout.models import Repair
from streaming.failures import Unavailable

APPROVE = "rollout.approve_plan"
ANSWER_S = 20.0
EFFECT = gettext_lazy("By the ordinary writer: nothing is overwritten or deleted.")


@admin.register(Repair)
class RepairAdmin(ReadOnlyAdmin):
    """Rows are read-only; `rollout.consistency.repairing` alone writes them."""

    change_form_template = "admin/rollout/repair/change_form.html"
    list_display = (
        "id", "check_run", "status", "records", "stored", "duplicate", "dead", "mended", "actor", "approved_by",
        "reason", moment(Repair, "asked_at"), moment(Repair, "finished_at"),
    )  # fmt: skip
    list_select_related = ("check_run",)

    def get_urls(self) -> Any:
        approve = self.admin_site.admin_view(self.approve_view)
        return [path("<int:repair_id>/approve/", approve, name="rollout_repair_approve"), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        row = self.get_object(request, object_id)
        waits = isinstance(row, Repair) and row.status == Repair.Status.ASKED
        may = waits and request.user.has_perm(APPROVE)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "may_approve": may})

    def approve_view(self, request: HttpRequest, repair_id: int) -> HttpResponse:
        """The page that says what is approved, then the approval and the repair."""
        if not (self.has_view_permission(request) and request.user.has_perm(APPROVE)):
            raise PermissionDenied
        row = Repair.objects.filter(pk=repair_id).first()
        if row is None:
            raise Http404
        back = reverse("admin:rollout_repair_change", args=[row.pk])
        if request.method != "POST":
            return HttpResponseRedirect(back)
        form = confirming.ReasonForm(confirming.confirmed(request))
        if not form.is_valid():
            facts = {"records": row.records, "check": row.check_run_id, "actor": row.actor, "reason": row.reason}
            headline = _("%(records)d records that check %(check)d has found missing, asked by %(actor)s: %(reason)s")
            return confirming.page(
                self, request, title=_("Approve the repair"), back=back, form=form, button=_("Approve and repair"),
                headline=headline % facts, text=EFFECT,
            )  # fmt: skip
        try:
            row = repairing.approve(row.pk, actor=request.user.get_username())
        except RepairRefused as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(back)
        self.log_change(request, row, f"{_('Approve the repair')}: {form.cleaned_data['reason']}")
        carry_out(request, row)
        return HttpResponseRedirect(back)


def carry_out(request: HttpRequest, row: Repair) -> None:
    """Do it as far as the time of a request goes, and tell what came of it."""
    try:
        done = repairing.carry_out(row.pk, seconds=ANSWER_S)
    except (CheckRunning, LeaseLost, Unavailable, Error) as error:
        messages.warning(request, _("The repair waits, the controller carries it on: %s") % error)
        return
    facts = {"stored": done.stored, "duplicate": done.duplicate, "dead": done.dead, "left": done.left}
    text = _("%(stored)d stored, %(duplicate)d there already, %(dead)d new dead letters; still missing %(left)d.")
    (messages.warning if done.left else messages.success)(request, text % facts)
