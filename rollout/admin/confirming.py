"""The page between a button and its deed."""

from typing import Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME, AdminForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy

CONFIRMED = "confirmed"


class ReasonForm(forms.Form):
    """Why. Kept in the history."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=255,
        widget=forms.TextInput({"class": "ljwx-reason", "autofocus": True}),
        help_text=gettext_lazy("Kept in the history."),
    )


class VersionForm(ReasonForm):
    """Why, and the version of the plan that the person was looking at."""

    version = forms.IntegerField(widget=forms.HiddenInput)


def confirmed(request: HttpRequest) -> Any:
    """What was sent when the page between was confirmed; None when it is still to be drawn."""
    return request.POST if CONFIRMED in request.POST else None


def fields(form: Any, sets: Any = None) -> AdminForm:
    """The fields of a form as the admin draws them, in one set or in `sets` (as ModelAdmin.fieldsets)."""
    return AdminForm(form, sets or [(None, {"fields": list(form.fields)})], {})


def page(
    admin: Any, request: HttpRequest, *, title: str, back: str, form: forms.Form, button: str, **more: Any
) -> HttpResponse:
    """A page that names the effect (`more`: `headline`, `text`, `blocked_by`, …) and asks for what `form` holds."""
    template = more.pop("template", "admin/rollout/confirm.html")
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": title,
        "back": back,
        "form": form,
        "adminform": fields(form),
        "button": button,
        **more,
    }
    return TemplateResponse(request, template, context)


def selected(
    admin: Any, request: HttpRequest, *, action: str, title: str, back: str, form: forms.Form, button: str,
    template: str, count: int,
) -> HttpResponse:  # fmt: skip
    """The page between the action of a list and its deed: it sends the selected rows along. `template` extends
    admin/rollout/selected.html and names the effect on `count` of them."""
    return page(
        admin, request, title=title, back=back, form=form, button=button, template=template, count=count, action=action,
        selected=request.POST.getlist(ACTION_CHECKBOX_NAME), select_across=request.POST.get("select_across", "0"),
        action_checkbox_name=ACTION_CHECKBOX_NAME,
    )  # fmt: skip
