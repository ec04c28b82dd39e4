"""Who looks: somebody with a session, or who sits at the machine of the embedded default."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http.request import split_domain_port, validate_host

from rollout.api import local
from rollout.api.door import is_near, is_own_origin

LOOK = "rollout.view_route"
ROLL_BACK = "rollout.roll_back"
ACKNOWLEDGE = "monitoring.acknowledge_alert"


def of(user: Any, meta: Mapping[str, Any]) -> User | None:
    """The person of a request or of a websocket: who is logged in, else the local operator when it comes through the
    loopback door. None: nobody knows. Raises django.db.Error."""
    if user is not None and user.is_authenticated:
        return user if user.is_active else None
    return local.operator() if settings.EMBEDDED and is_near(meta) else None


def meta(scope: Mapping[str, Any]) -> dict[str, str]:
    """The headers and the peer of a websocket, named as those of a request are."""
    found = {
        f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
        for name, value in scope["headers"]
    }
    client = scope.get("client")
    return {**found, "REMOTE_ADDR": str(client[0]) if client else ""}


def is_own(meta: Mapping[str, Any]) -> bool:
    """Whether a page of this site opens the websocket: browsers send the session's cookie with one of any page. A
    program, which has no page, sends no Origin."""
    host, origin = str(meta.get("HTTP_HOST", "")), meta.get("HTTP_ORIGIN")
    domain, _port = split_domain_port(host)
    known = settings.ALLOWED_HOSTS or (["localhost", "127.0.0.1", "[::1]"] if settings.DEBUG else [])
    if not domain or not validate_host(domain, known):
        return False
    return is_own_origin(origin, host) or origin in settings.CSRF_TRUSTED_ORIGINS
