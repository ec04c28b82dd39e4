"""Who uses the admin, and what they read and press."""

import re
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client


def client(*groups: str, name: str = "zhang", superuser: bool = False, password: str | None = None) -> Client:
    """A browser in which a member of `groups` is logged in."""
    user = User.objects.create_user(name, password=password, is_staff=True, is_superuser=superuser)
    user.groups.set(Group.objects.filter(name__in=groups))
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(user)
    return browser


def hidden(page: Any) -> dict[str, str]:
    """The hidden fields of a page's own form."""
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))
    found.pop("csrfmiddlewaretoken", None)
    return found


def messages(response: Any) -> str:
    return " | ".join(str(message) for message in response.wsgi_request._messages)


def text(page: Any) -> str:
    """What a reader sees, one space between words."""
    body = page.content.decode().partition('<div id="content')[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))
