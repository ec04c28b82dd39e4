"""Making and editing a plan in one form, saved by `rollout.plans.drafting` alone."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from rollout.admin import confirming
from rollout.admin.plans import form as forms
from rollout.admin.plans.urls import page_url
from rollout.models import Plan
from rollout.plans import drafting
from rollout.plans.actions import DRAWN_UP
from rollout.plans.errors import Conflict, Invalid
from rollout.plans.moving import refused


def view(admin: Any, request: HttpRequest, plan: Plan | None) -> HttpResponse:
    """The form, and what it asks for once it is valid. None: a new plan."""
    if plan is not None and plan.status not in DRAWN_UP:
        messages.error(request, str(refused(plan, "edit")))
        return HttpResponseRedirect(page_url(plan.pk))
    if request.method != "POST":
        values = forms.initial(plan) if plan else None
        steps = list(plan.steps.all()) if plan else ()
        return _draw(admin, request, plan, forms.PlanForm(initial=values), forms.table(steps=steps))
    more = "_more" in request.POST
    form, table = forms.PlanForm(request.POST), forms.table(request.POST, more=more)
    valid = not more and form.is_valid() and (form.cleaned_data["source"] != forms.STEPS or table.is_valid())
    if valid and (done := _save(admin, request, plan, form, table)):
        return done
    return _draw(admin, request, plan, form, table)


def _save(admin: Any, request: HttpRequest, plan: Plan | None, form: Any, table: Any) -> HttpResponse | None:
    values = form.cleaned_data
    asked = {
        "name": values["name"],
        "kinds": values["kinds"],
        "auto_execute": values["auto_execute"],
        "reason": values["reason"],
        "actor": request.user.get_username(),
    }
    try:
        steps = forms.drafts(values, table)
        if plan is None:
            template = "" if values["source"] == forms.STEPS else values["source"]
            saved = drafting.create(steps=steps, template=template, **asked)
            admin.log_addition(request, saved, values["reason"])
        else:
            saved = drafting.edit(plan.pk, steps=steps, version=values["version"], **asked)
            admin.log_change(request, saved, values["reason"])
    except Invalid as error:
        form.add_error(None, str(error))
        return None
    except Conflict as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(page_url(plan.pk if plan else None))
    messages.success(request, _("Saved as a draft."))
    return HttpResponseRedirect(page_url(saved.pk))


def _draw(admin: Any, request: HttpRequest, plan: Plan | None, form: Any, table: Any) -> HttpResponse:
    lines = ["name", "kinds", "auto_execute", "source", ("target", "step_size", "interval"), "reason", "version"]
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": _("Edit the plan") if plan else _("New plan"),
        "plan": plan,
        "form": form,
        "adminform": confirming.fields(form, [(None, {"fields": lines})]),
        "table": table,
        "voids": plan is not None and plan.status != Plan.Status.DRAFT,
        "table_errors": form.is_bound and form.data.get("source") == forms.STEPS and not table.is_valid(),
    }
    return TemplateResponse(request, "admin/rollout/plan/form.html", context)
