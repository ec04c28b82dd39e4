"""People with permissions, and clients as whom they call."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import Client

Person = Callable[..., "Caller"]


class Caller:
    """One client with a session or with headers of its own; every answer is JSON."""

    def __init__(self, **headers: str) -> None:
        self.client = Client(raise_request_exception=True, **headers)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/stream_monitor/api/{path}", query)

    def post(self, path: str, body: Any = None, **headers: Any) -> Any:
        return self.client.post(f"/stream_monitor/api/{path}", body or {}, "application/json", headers=headers)


def granted(name: str, permissions: tuple[str, ...], **fields: Any) -> User:
    """A user with these permissions and no others."""
    user = User.objects.create(username=name, password="!", **fields)
    rows = Permission.objects.select_related("content_type")
    found = [row for row in rows if f"{row.content_type.app_label}.{row.codename}" in permissions]
    assert len(found) == len(set(permissions)), "a permission that there is not"
    user.user_permissions.add(*found)
    return user


@pytest.fixture
def person(db: None, redis: object) -> Person:
    """`person("ann", "rollout.view_plan")`: a caller who is logged in as a new user with these permissions."""

    def make(name: str, *permissions: str) -> Caller:
        caller = Caller()
        caller.client.force_login(granted(name, permissions))
        return caller

    return make


@pytest.fixture
def operator(person: Person) -> Caller:
    """Somebody who may everything that the API offers."""
    from rollout.api.local import PERMISSIONS

    return person("operator", *PERMISSIONS)


@pytest.fixture
def no_redis(settings: Any, redis: object) -> None:
    """The cache's Redis is away."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/redis.sock"}}
    assert cache.get("anything") is None
