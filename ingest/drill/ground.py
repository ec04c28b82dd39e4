"""Whether a drill may take place here and now."""

import urllib.error
import urllib.request

import redis
from django.conf import settings
from django.db import Error
from django.utils import timezone
from django.utils.translation import gettext as _

from ingest.drill.errors import Busy, NoSystem
from ingest.management.addresses import is_loopback
from monitoring import processes
from rollout import override
from rollout.controller import state
from rollout.controller.freeze import is_frozen
from rollout.models import Pin, Plan, Rollback, Route
from streaming.manager import get_consumer_manager

ANSWERS_WITHIN_S = 5.0


def check(base_url: str) -> None:
    """Raises NoSystem unless this is the embedded system and all its parts live."""
    if not settings.EMBEDDED or not is_loopback(base_url):
        raise NoSystem(_("A drill takes place on the embedded system alone: start bin/up on a loopback address."))
    try:
        if missing := _missing(base_url):
            raise NoSystem(_("Not there: %s. Is bin/up running?") % ", ".join(missing))
    except (Error, redis.RedisError) as error:
        raise NoSystem(_("The database or Redis does not answer: %s") % type(error).__name__) from error


def check_idle() -> None:
    """Raises Busy unless nothing moves, and nothing keeps a plan from starting; NoSystem when that can not be known."""
    try:
        if reason := _busy():
            raise Busy(reason)
    except (Error, redis.RedisError) as error:
        raise NoSystem(_("The database or Redis does not answer: %s") % type(error).__name__) from error


def _missing(base_url: str) -> list[str]:
    return [
        name
        for name, there in (
            (_("the web process at %s") % base_url, _answers(base_url) and bool(processes.live(role="web"))),
            (_("a controller that leads"), state.leader() is not None),
            (_("a consumer"), get_consumer_manager().status().running > 0),
        )
        if not there
    ]


def _busy() -> str:
    if (plan := Plan.objects.filter(active=True).first()) is not None:
        return _('The plan "%(plan)s" is %(status)s.') % {"plan": plan.name, "status": plan.get_status_display()}
    if Rollback.objects.filter(active=True).exists():
        return _("A rollback is under way.")
    moved = Route.objects.exclude(percentage=0, mirror_percentage=0).order_by("kind").values_list("kind", flat=True)
    if moved:
        return _("A share is not 0 %%: %s.") % ", ".join(moved)
    if override.current.get() is not None:
        return _("The share is forced by STREAM_FORCE_PERCENTAGE.")
    if Pin.objects.filter(path=Pin.Path.STREAM, expires_at__gt=timezone.now()).exists():
        return _("A device is pinned to the stream.")
    if is_frozen(timezone.localtime()):
        return _("No share is raised at this hour.")
    return ""


def _answers(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/health", timeout=ANSWERS_WITHIN_S):  # noqa: S310 - http on loopback
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
