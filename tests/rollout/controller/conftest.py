"""What the tests of the controller start from."""

from typing import Any

import pytest
from django.utils import timezone

from ljwx.redis import client
from monitoring import machine
from rollout import checklists, policies
from rollout.controller import controller as module
from rollout.controller.controller import Controller
from rollout.rollback import override as override_rollback
from tests.rollout.controller.rig import Rig


@pytest.fixture
def rig(transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """A controller, a calm machine, an empty Redis, and a policy that asks for few records."""
    client("control").flushdb()
    settings.PLAN_PEOPLE = 2
    found = Rig(Controller(holder="a"))
    monkeypatch.setattr(Controller, "clock", staticmethod(lambda: found.now))
    monkeypatch.setattr(timezone, "now", found.moment)
    monkeypatch.setattr(machine, "share", lambda before, after: 0.1)
    monkeypatch.setattr(checklists, "preflight", lambda plan: [])
    monkeypatch.setattr(module, "close_old_connections", lambda: None)
    monkeypatch.setattr(override_rollback, "_watch", override_rollback.Watch())
    policies.active()
    return found
