"""The websocket of the dashboard: who may open it, and what is sent."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec
from django.conf import settings
from django.contrib.auth.models import User

from monitoring.live import Document
from monitoring.sockets import LiveSocket
from rollout.dashboard import drawing, person


class DashboardSocket(LiveSocket):
    """Opened by a page of this site, for somebody who may see the routes; `?language=` is that of the page."""

    def admits(self, scope: Mapping[str, Any]) -> bool:
        meta = person.meta(scope)
        if not person.is_own(meta):
            return False
        found = person.of(fresh(scope.get("user")), meta)
        return found is not None and found.has_perm(person.LOOK)

    def manner(self, scope: Mapping[str, Any]) -> str:
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("language", [""])[0]
        return asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

    @staticmethod
    def draw(document: Document, manner: str) -> str:
        return msgspec.json.encode(drawing.message(document, language=manner)).decode()


def fresh(user: Any) -> Any:
    """The user as the database has it now: a websocket outlives changes of permissions."""
    if user is None or not user.is_authenticated:
        return user
    return User.objects.filter(pk=user.pk).first()
