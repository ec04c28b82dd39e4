"""A button of a plan: the page that names the effect, then the deed, through `rollout.plans` alone."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from rollout.admin import confirming
from rollout.admin.plans import approvals, buttons
from rollout.admin.plans.differences import line
from rollout.admin.plans.effects import effect
from rollout.admin.plans.urls import page_url
from rollout.models import Plan
from rollout.plans import canonical, starting, transitions
from rollout.plans.actions import ACTIONS
from rollout.plans.errors import PlanError

DEEDS: dict[str, Callable[..., Plan]] = {
    "submit": transitions.submit,
    "approve": transitions.approve,
    "start": starting.start,
    "pause": transitions.pause,
    "resume": transitions.resume,
    "advance": transitions.advance,
    "complete": transitions.complete,
    "cancel": transitions.cancel,
}


class ApproveForm(confirming.VersionForm):
    """The hash of what the approver reads goes with the approval."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)


def view(admin: Any, request: HttpRequest, plan: Plan, name: str) -> HttpResponse:
    """`name` done to `plan`, once it is confirmed; refused from a page that is no longer true."""
    if not request.user.has_perm(ACTIONS[name].permission):
        raise PermissionDenied
    back = page_url(plan.pk)
    if request.method != "POST":
        return HttpResponseRedirect(back)
    form_class = ApproveForm if name == "approve" else confirming.VersionForm
    values = {"version": request.POST.get("version"), "seen": canonical.sha256(plan)}
    if str(plan.version) != values["version"]:
        messages.error(
            request, _("Nothing was changed: the plan has changed since this page was drawn. This is how it is now.")
        )
        return HttpResponseRedirect(back)  # fmt: skip
    if why_not := buttons.why_not(plan, ACTIONS[name], user=request.user):
        messages.error(request, why_not)
        return HttpResponseRedirect(back)
    form = form_class(request.POST) if confirming.CONFIRMED in request.POST else form_class(initial=values)
    if form.is_valid():
        _carry_out(admin, request, plan, name, form.cleaned_data)
        return HttpResponseRedirect(back)
    return _draw(admin, request, plan, name, form)


def _carry_out(admin: Any, request: HttpRequest, plan: Plan, name: str, asked: dict[str, Any]) -> None:
    try:
        DEEDS[name](plan.pk, actor=request.user.get_username(), **asked)
    except PlanError as error:
        messages.error(request, str(error))
        return
    label = ACTIONS[name].label
    admin.log_change(request, plan, f"{label}: {asked['reason']}")
    messages.success(request, _("Done: %s.") % label)


def _draw(admin: Any, request: HttpRequest, plan: Plan, name: str, form: forms.Form) -> HttpResponse:
    found = effect(plan, name)
    return confirming.page(
        admin,
        request,
        title=str(ACTIONS[name].label),
        back=page_url(plan.pk),
        form=form,
        button=str(ACTIONS[name].label),
        template="admin/rollout/plan/confirm.html",
        plan=plan,
        headline=found.headline,
        text=found.text,
        blocked_by=found.blocked_by,
        approving=_approving(plan) if name == "approve" else None,
    )


def _approving(plan: Plan) -> dict[str, Any]:
    """What the approver stands behind: the canonical plan, its hash, and how it differs from what was approved."""
    content = canonical.content(plan)
    return {
        "canonical": content,
        "steps": [line(step) for step in content["steps"]],
        "sha256": canonical.sha256(plan),
        "approvals": approvals.approvals(plan),
    }
