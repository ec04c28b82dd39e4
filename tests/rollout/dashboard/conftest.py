"""People with permissions, and a live document that is made anew in each test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from monitoring import live
from rollout.dashboard import drawing
from rollout.live.document import Composer
from streaming import groups, registry
from tests.rollout.api.conftest import granted

Login = Callable[..., Client]


@pytest.fixture(autouse=True)
def fresh(redis: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing that an earlier test has seen; every look makes a new document."""
    for kind in registry.kinds():
        groups.ensure(redis, kind)
    found = live.Live()
    found.compose = lambda: Composer("web").compose()
    monkeypatch.setattr(live, "LOOK_S", 0.0)
    monkeypatch.setattr(live, "COMPOSE_S", 0.0)
    monkeypatch.setattr(live, "current", found)
    drawing._drawn.clear()
    yield
    drawing._drawn.clear()


@pytest.fixture
def login(db: None) -> Login:
    """`login("rollout.view_route")`: the browser of a new user with these permissions."""

    def make(*permissions: str, name: str = "ann", **options: Any) -> Client:
        client = Client(**options)
        client.force_login(granted(name, permissions))
        return client

    return make
