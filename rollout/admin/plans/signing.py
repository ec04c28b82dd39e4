"""Signing an item of a checklist that can not be measured."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollout import checklists
from rollout.admin import confirming
from rollout.admin.plans import checking
from rollout.admin.plans.urls import page_url
from rollout.models import Plan
from rollout.plans.errors import PlanError


class SignatureForm(forms.Form):
    """What the signer has looked at."""

    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=255,
        widget=forms.TextInput({"class": "ljwx-reason", "autofocus": True}),
        help_text=gettext_lazy("What you have looked at. Kept with your name."),
    )


def view(admin: Any, request: HttpRequest, plan: Plan, code: str) -> HttpResponse:
    """The item called `code` signed by name, once it is confirmed."""
    if not request.user.has_perm("rollout.add_signature"):
        raise PermissionDenied
    back = page_url(plan.pk)
    if request.method != "POST":
        return HttpResponseRedirect(back)
    check = checking.signable(plan, code)
    if check is None:
        messages.error(request, _("This item is not to be signed now."))
        return HttpResponseRedirect(back)
    form = SignatureForm(request.POST if confirming.CONFIRMED in request.POST else None)
    if not form.is_valid():
        return confirming.page(
            admin,
            request,
            title=_("Sign"),
            back=back,
            form=form,
            button=_("Sign"),
            template="admin/rollout/plan/confirm.html",
            plan=plan,
            headline=check.text,
            text=_("It can not be measured: your name answers for it in this plan."),
        )
    note = form.cleaned_data["note"]
    try:
        checklists.sign(plan.pk, item=code, signer=request.user.get_username(), note=note)
    except PlanError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(back)
    admin.log_change(request, plan, f"{check.text}: {note}")
    messages.success(request, _("Signed: %s") % check.text)
    return HttpResponseRedirect(back)
