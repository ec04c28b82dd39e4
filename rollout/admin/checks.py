"""Checks of consistency: looked at, begun, and what they found missing repaired."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from redis import RedisError

from ljwx.admin.readonly import ReadOnlyAdmin
from ljwx.admin.shown import moment
from rollout.admin import checkpage, confirming, repairs
from rollout.consistency import DatabaseConsistencyChecker, repairing
from rollout.consistency.errors import CheckRunning
from rollout.consistency.totals import totals
from rollout.lease import LeaseLost
from rollout.models import Check, Repair
from streaming import registry

RUN = "rollout.add_check"
REPAIR = "rollout.repair_records"
# A request must end: what is left the controller carries on.
ANSWER_S = 5.0
MOST_MINUTES = 7 * 24 * 60


class RunForm(confirming.ReasonForm):
    """What is compared."""

    minutes = forms.IntegerField(
        label=gettext_lazy("Window (min)"), initial=60, min_value=1, max_value=MOST_MINUTES,
        help_text=gettext_lazy("The last so many minutes, but for the youngest records."),
    )  # fmt: skip
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Every kind when none is chosen."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [kind.name for kind in registry.kinds() if kind.rows is not None]
        self.fields["kinds"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]


@admin.register(Check)
class CheckAdmin(ReadOnlyAdmin):
    """Rows are read-only; what the buttons do is done by `rollout.consistency`."""

    change_list_template = "admin/rollout/check/change_list.html"
    list_display = (
        "id", "status", "named", "window_minutes", "checked", "wrong", "rate", "actor", "reason",
        moment(Check, "started_at"), moment(Check, "finished_at"),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("progress")

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        own = [
            path("run/", wrap(self.run_view), name="rollout_check_run"),
            path("<int:check_id>/repair/", wrap(self.repair_view), name="rollout_check_repair"),
        ]
        return own + super().get_urls()

    @admin.display(description=gettext_lazy("kinds"))
    def named(self, row: Check) -> str:
        return _("rolling") if row.rolling else ", ".join(row.kinds)

    @admin.display(description=gettext_lazy("checked"))
    def checked(self, row: Check) -> str:
        return f"{totals(row.progress.all()).checked:,}"

    @admin.display(description=gettext_lazy("not as sent"))
    def wrong(self, row: Check) -> str:
        found = totals(row.progress.all())
        return f"{found.mismatched:,}" + (" + " + _("holes") if found.holes else "")

    @admin.display(description=gettext_lazy("rate"))
    def rate(self, row: Check) -> str:
        return checkpage.percent(totals(row.progress.all()).rate)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        extra = {"may_run": request.user.has_perm(RUN), "verified": checkpage.verified()}
        return super().changelist_view(request, {**(extra_context or {}), **extra})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        check = self.get_object(request, object_id)
        if not isinstance(check, Check) or request.method != "GET" or not self.has_view_permission(request, check):
            return super().change_view(request, object_id, form_url, extra_context)
        shown = request.user.has_perm("streaming.view_payload")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Check %d") % check.pk,
            "may_repair": request.user.has_perm(REPAIR),
            **checkpage.context(check, shown=shown),
        }
        return TemplateResponse(request, "admin/rollout/check/page.html", context)

    def run_view(self, request: HttpRequest) -> HttpResponse:
        if not (self.has_view_permission(request) and request.user.has_perm(RUN)):
            raise PermissionDenied
        back = reverse("admin:rollout_check_changelist")
        if request.method != "POST":
            return HttpResponseRedirect(back)
        form = RunForm(confirming.confirmed(request))
        if not form.is_valid():
            return confirming.page(
                self, request, title=_("Run a check"), back=back, form=form, button=_("Run a check"),
                headline=_("Everything in the streams is compared with the tables."),
                text=_("It reads in small chunks and rests in between. One check runs at a time."),
            )  # fmt: skip
        asked = form.cleaned_data
        checker = DatabaseConsistencyChecker(
            kinds=asked["kinds"] or None, actor=request.user.get_username(), reason=asked["reason"]
        )
        try:
            check = checker.begin(asked["minutes"], seconds=ANSWER_S)
        except (CheckRunning, LeaseLost) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(back)
        except (RedisError, Error) as error:
            messages.error(request, _("The check stopped, run it again to carry it on: %s") % type(error).__name__)
            return HttpResponseRedirect(back)
        self.log_change(request, check, f"{_('Run a check')}: {asked['reason']}")
        if check.status != Check.Status.DONE:
            messages.info(request, _("It is not done yet: the controller carries it on."))
        return HttpResponseRedirect(reverse("admin:rollout_check_change", args=[check.pk]))

    def repair_view(self, request: HttpRequest, check_id: int) -> HttpResponse:
        """The page that says what a repair would store, then the repair, or its wait for an approval."""
        if not (self.has_view_permission(request) and request.user.has_perm(REPAIR)):
            raise PermissionDenied
        check = Check.objects.filter(pk=check_id).first()
        if check is None:
            raise Http404
        back = reverse("admin:rollout_check_change", args=[check.pk])
        if request.method != "POST":
            return HttpResponseRedirect(back)
        form = confirming.ReasonForm(confirming.confirmed(request))
        if not form.is_valid():
            return self._ask(request, check, form, back)
        row = repairing.ask(check.pk, actor=request.user.get_username(), reason=form.cleaned_data["reason"])
        self.log_change(request, check, f"{_('Repair')}: {row.reason}")
        if row.status == Repair.Status.ASKED:
            messages.warning(request, _("So many records need the approval of somebody else."))
        else:
            repairs.carry_out(request, row)
        return HttpResponseRedirect(reverse("admin:rollout_repair_change", args=[row.pk]))

    def _ask(self, request: HttpRequest, check: Check, form: forms.Form, back: str) -> HttpResponse:
        found = repairing.preview(check.pk)
        text = str(repairs.EFFECT)
        if repairing.needs_approval(found.records):
            text += " " + _("So many records need the approval of somebody else.")
        headline = _("Of %(records)d records that were found missing %(left)d are still so and would be stored.")
        return confirming.page(
            self, request, title=_("Repair"), back=back, form=form, button=_("Repair"), text=text,
            headline=headline % {"records": found.records, "left": found.left},
        )  # fmt: skip
