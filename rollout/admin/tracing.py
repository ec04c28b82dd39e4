"""The page of a trace: a question in the address, and everything that is known."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ljwx.management.arguments import DAY_MINUTES
from rollout.tracing import Trace, trace, words

NEEDS = ("rollout.view_route", "streaming.view_deadletter")
# Health data, as in the payload of a dead letter.
VALUES = "streaming.view_payload"
MOST = 10
MINUTES = 10


class TraceForm(forms.Form):
    """Which device, around which time."""

    device = forms.CharField(label=gettext_lazy("Serial"), max_length=64, strip=False)
    at = forms.DateTimeField(
        label=gettext_lazy("Around"),
        required=False,
        help_text=gettext_lazy("Now when left out."),
        widget=forms.DateTimeInput({"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes before and after"),
        min_value=1,
        max_value=DAY_MINUTES,
        required=False,
        widget=forms.NumberInput({"placeholder": MINUTES}),
    )


def url(device: str = "") -> str:
    """Where the page is; of a device, with its trace."""
    address = reverse("admin:rollout_route_trace")
    return f"{address}?{urlencode({'device': device})}" if device else address


def view(model_admin: "ModelAdmin[Any]", request: HttpRequest) -> HttpResponse:
    """The page. Raises PermissionDenied for who may not see routes and dead letters."""
    if not request.user.has_perms(NEEDS):
        raise PermissionDenied
    form = TraceForm(request.GET if "device" in request.GET else None)
    found, values = None, request.user.has_perm(VALUES)
    if form.is_valid():
        asked = form.cleaned_data
        found = trace(asked["device"], at=asked["at"], minutes=asked["minutes"] or MINUTES, most=MOST)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Where did its uploads go?"),
        "form": form,
        "values": values,
        "now": timezone.now(),
        **(_shown(found, values=values) if found else {}),
    }
    return TemplateResponse(request, "admin/rollout/route/trace.html", context)


def _shown(found: Trace, *, values: bool) -> dict[str, Any]:
    """The trace in words: a template has none of its own for times and states."""
    return {
        "trace": found,
        "uploads": [
            {
                "upload": upload,
                "received": words.exact(upload.received_ms),
                "kind": words.of_kind(upload),
                "standing": words.of_standing(upload.standing),
                "records": [
                    {
                        "kind": record.kind,
                        "time": words.second(record.time_s),
                        "became": words.of_record(record, values=values, is_copy=upload.is_copy),
                        "is_bad": record.became in words.BAD,
                        "letter": _letter_url(record.letter.pk) if record.letter else "",
                        "values": words.held(record.values) if values else "",
                    }
                    for record in upload.records
                ],
            }
            for upload in found.uploads
        ],
        "rows": [
            {
                "row": row,
                "time": words.second(row.time_s),
                "written": words.second(row.written_s),
                "how": words.of_row(row),
                "values": words.held(row.values) if values else "",
            }
            for row in found.rows
        ],
        "letters": [
            {
                "letter": letter,
                "received": words.second(letter.received_at),
                "reason": words.reason(letter, values=values),
                "url": _letter_url(letter.pk),
            }
            for letter in found.letters
        ],
        "gaps": words.gaps(found),
    }


def _letter_url(number: int) -> str:
    return reverse("admin:streaming_deadletter_change", args=[number])
