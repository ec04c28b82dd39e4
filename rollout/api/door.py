"""The loopback door: who sits at the machine of the embedded default needs no login, and no page reaches through it."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from rollout.api import local

# What a proxy adds: behind one the peer is the proxy, not the person.
FORWARDING = ("HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
OWN_PAGES = {"same-origin", "none"}
HOST = re.compile(r"(\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9.-]+))(:[0-9]{1,5})?")


class LoopbackDoor(BaseAuthentication):
    """Lets a request in as the local operator when LJWX_EMBEDDED is on and `is_near` says so. A browser's page of
    elsewhere can send a form, never `application/json` without asking first: what changes something must be that.

    Raises UnsupportedMediaType for a change that is not JSON.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        if not settings.EMBEDDED or not is_near(request.META):
            return None
        if request.method not in SAFE_METHODS and media_type(request.META) != "application/json":
            raise UnsupportedMediaType(media_type(request.META))
        operator = local.operator()
        return (operator, None) if operator is not None else None


def is_near(meta: Mapping[str, Any]) -> bool:
    """Whether a request comes from this machine itself, to this machine's own name, through no proxy, from no foreign
    page, and from nobody who has said who he is."""
    host = str(meta.get("HTTP_HOST", ""))
    return (
        is_loopback(str(meta.get("REMOTE_ADDR", "")))
        # A page of evil.example whose name answers 127.0.0.1 comes with that name.
        and is_loopback(name_of(host))
        and not any(name in FORWARDING or name.startswith("HTTP_X_FORWARDED") for name in meta)
        and "HTTP_AUTHORIZATION" not in meta
        and is_own_origin(meta.get("HTTP_ORIGIN"), host)
        and meta.get("HTTP_SEC_FETCH_SITE", "none") in OWN_PAGES
    )


def is_loopback(address: str) -> bool:
    """Whether `address` is a numeric loopback address or `localhost`."""
    if address == "localhost":
        return True
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def name_of(host: str) -> str:
    """The name in a Host header, without port and brackets, in lower case; empty when it is none."""
    found = HOST.fullmatch(host.lower())
    return (found["v6"] or found["name"]) if found else ""


def is_own_origin(origin: Any, host: str) -> bool:
    """Whether a request has no Origin or that of the very address it goes to, port included."""
    if origin is None:
        return True
    scheme, separator, rest = str(origin).partition("://")
    return scheme in {"http", "https"} and bool(separator) and rest.lower() == host.lower()


def media_type(meta: Mapping[str, Any]) -> str:
    """The media type of the body, without its parameters."""
    return str(meta.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
