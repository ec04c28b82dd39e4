"""The page: drawn whole on the server, so that it says and can do what matters without a script."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views import View

from monitoring import live
from monitoring.alerts import states
from monitoring.alerts.errors import NotFiring
from monitoring.models import Alert
from rollout import rollback
from rollout.dashboard import curls, drawing, numbers, person, words
from rollout.rollback.errors import RollbackRefused
from rollout.rollback.executing import REASON_LENGTH

# Of the websocket; `ljwx.asgi` routes it.
SOCKET = "stream_monitor/live"
# Scripts, styles and connections of this site alone, and nothing inline.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class Dashboard(View):
    """`/stream_monitor/`."""

    http_method_names = ("get", "head")

    def get(self, request: HttpRequest) -> HttpResponse:
        user = person.of(request.user, request.META)
        if user is None:
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        if not user.has_perm(person.LOOK):
            raise PermissionDenied
        return page(request, user)


class EmergencyRollback(View):
    """The way back by a plain form: the share goes to 0 % at once. A page of elsewhere can not send it, for it lacks
    the token of the form."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        user = person.of(request.user, request.META)
        if user is None:
            return redirect_to_login(reverse("dashboard"), reverse("admin:login"))
        if not user.has_perm(person.ROLL_BACK):
            raise PermissionDenied
        reason = request.POST.get("reason", "").strip()
        if not reason or len(reason) > REASON_LENGTH:
            return page(request, user, fault=_("Say why: at most %d characters.") % REASON_LENGTH, status=400)
        try:
            made = rollback.execute_rollback("immediate", reason, user.get_username(), source="dashboard")
        except RollbackRefused as error:
            return page(request, user, fault=str(error), status=400)
        except Error:
            fault = _("The database does not answer. Nothing is known to have changed.")
            return page(request, user, fault=fault, status=503)
        messages.success(request, _("Rollback asked for: %s") % made.get_status_display())
        return HttpResponseRedirect(reverse("dashboard"))


class AcknowledgeAlert(View):
    """Being at an alert, by a plain form."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        user = person.of(request.user, request.META)
        if user is None:
            return redirect_to_login(reverse("dashboard"), reverse("admin:login"))
        if not user.has_perm(person.ACKNOWLEDGE):
            raise PermissionDenied
        reason, number = request.POST.get("reason", "").strip(), request.POST.get("alert", "")
        try:
            if not reason or len(reason) > REASON_LENGTH:
                raise NotFiring(_("Say why: at most %d characters.") % REASON_LENGTH)
            pk = int(number) if number.isdecimal() and len(number) < 19 else 0
            alert = states.acknowledge_one(pk, actor=user.get_username(), note=reason, now=timezone.now())
            messages.success(request, _("Acknowledged: %s") % alert.name)
        except Alert.DoesNotExist:
            messages.error(request, _("There is no such alert."))
        except NotFiring as error:
            messages.error(request, str(error))
        except Error:
            messages.error(request, _("The database does not answer. Nothing is known to have changed."))
        return HttpResponseRedirect(reverse("dashboard"))


def page(request: HttpRequest, user: User, *, fault: str = "", status: int = 200) -> HttpResponse:
    """The whole page for `user`. `fault`: what was wrong with the form of the emergency."""
    language = get_language() or settings.LANGUAGE_CODE
    told = drawing.message(live.current.get(), language=language)
    context: dict[str, Any] = {
        "person": user,
        "fault": fault,
        "sections": told["sections"],
        "first": {name: value for name, value in told.items() if name != "sections"},
        "measured": numbers.moment(told["measured_at"]),
        "charts": words.charts(),
        "language": language,
        "kinds": list(told["routes"]),
        "curls": curls.curls(request.build_absolute_uri("/"), near=not request.user.is_authenticated),
        "may_roll_back": user.has_perm(person.ROLL_BACK),
        "may_acknowledge": user.has_perm(person.ACKNOWLEDGE),
        "settings": {
            "socket": f"/{SOCKET}?language={language}",
            "api": reverse("control status").removesuffix("status"),
            "may": sorted(user.get_all_permissions()),
            "language": language,
            "timezone": settings.TIME_ZONE,
            "curl": curls.line(request.build_absolute_uri("/"), near=not request.user.is_authenticated),
            "words": words.words(),
        },
    }
    response = TemplateResponse(request, "dashboard/page.html", context, status=status)
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "no-store"
    return response
