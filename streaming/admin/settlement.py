"""Replay and discard from the list: a page that names the effect and asks why, then the deed."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import Error
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from streaming.admin.bounded import Counts, discard_some, replay_some
from streaming.failures import Unavailable
from streaming.models import DeadLetter
from streaming.settling import Letters, State, Told, still_open

REPLAY, DISCARD = "replay", "discard"
PREVIEWED = 200
PREVIEW_S = 3.0
MOST_COUNTED = 10_000


class SettlementForm(forms.Form):
    """Why, and up to which letter: one that came after the page was drawn was not in its count."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=255, widget=forms.TextInput({"class": "ljwx-reason"})
    )
    up_to = forms.IntegerField(widget=forms.HiddenInput)


def settle(request: HttpRequest, letters: Letters, *, action: str, context: dict[str, Any]) -> TemplateResponse | None:
    """The page before the deed; with its confirmation, the deed. None goes back to the list."""
    letters = still_open(letters)
    if "confirmed" in request.POST:
        form = SettlementForm(request.POST)
        if form.is_valid():
            letters = letters.filter(pk__lte=form.cleaned_data["up_to"])
            _carry_out(request, letters, action=action, reason=form.cleaned_data["reason"])
            return None
    else:
        form = SettlementForm(initial={"up_to": letters.order_by("-pk").values_list("pk", flat=True).first()})
    count = _count(letters)
    if not count:
        messages.warning(request, _("None of these dead letters is open."))
        return None
    context |= {
        "action": action,
        "count": count,
        "counted": _counted(count),
        "form": form,
        "preview": _preview(request, letters) if action == REPLAY else None,
        "select_across": request.POST.get("select_across", "0"),
        "selected": request.POST.getlist(helpers.ACTION_CHECKBOX_NAME),
        "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/streaming/deadletter/settle.html", context)


def _count(letters: Letters) -> int:
    """How many, counted no further than 10,000: a COUNT reads every row it counts."""
    return int(letters.order_by()[:MOST_COUNTED].count())


def _counted(count: int) -> str:
    return f"{count:,}" if count < MOST_COUNTED else f"{count:,}+"


def _preview(request: HttpRequest, letters: Letters) -> Counts | None:
    try:
        return replay_some(letters, actor="", dry_run=True, most=PREVIEWED, seconds=PREVIEW_S)
    except Unavailable as error:
        messages.error(request, _("The database can not store now: %s") % type(error).__name__)
        return None


def _carry_out(request: HttpRequest, letters: Letters, *, action: str, reason: str) -> None:
    told = _log_entry(request, State.REPLAYED if action == REPLAY else State.DISCARDED, reason)
    actor = request.user.get_username()
    try:
        if action == REPLAY:
            counts = replay_some(letters, actor=actor, reason=reason, told=told)
            _tell_replayed(request, counts)
            left = _count(letters.filter(pk__gt=counts.last))
        else:
            done = discard_some(letters, actor=actor, reason=reason, told=told)
            messages.success(request, ngettext("%d was discarded.", "%d were discarded.", done) % done)
            left = _count(letters)
    except (Unavailable, Error) as error:
        messages.error(request, _("Stopped, the database can not store now: %s") % type(error).__name__)
        return
    if left > 0:
        messages.warning(
            request,
            ngettext(
                "%s is left: the time of a request was over.", "%s are left: the time of a request was over.", left
            )
            % _counted(left)
            + " "
            + _("Do it again, or use manage.py %s_dead_letters.") % action,
        )


def _log_entry(request: HttpRequest, state: DeadLetter.State, reason: str) -> Told:
    user: Any = request.user.pk

    def told(letters: Sequence[DeadLetter]) -> None:
        LogEntry.objects.log_actions(user, letters, CHANGE, f"{state.label}: {reason}")

    return told


def _tell_replayed(request: HttpRequest, counts: Counts) -> None:
    if settled := counts.stored + counts.known:
        text = ngettext("%d was replayed", "%d were replayed", settled) % settled
        how = _("%(new)d stored now, %(known)d stored already") % {"new": counts.stored, "known": counts.known}
        messages.success(request, f"{text}: {how}")
    if counts.dead:
        text = ngettext("%d is still dead and stays open", "%d are still dead and stay open", counts.dead) % counts.dead
        reasons = ", ".join(f"{reason} ({count})" for reason, count in counts.why)
        messages.warning(request, f"{text}: {reasons}")
