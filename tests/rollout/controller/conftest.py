"""What the tests of the controller start from."""

from typing import Any

import pytest
from django.utils import timezone
from msgspec.structs import replace

from ljwx.redis import client
from monitoring import machine
from rollout import checklists, policies
from rollout.controller import controller as module
from rollout.controller.collecting import Collector
from rollout.controller.controller import Controller
from rollout.guardrails.evidence import Consistency, KindEvidence
from rollout.live.document import Composer
from rollout.rollback import override as override_rollback
from tests.rollout.controller.rig import Rig

# The rules are the default ones but for their times.
QUICK = {
    "backlog": {"hold": 1000, "act": 5000, "action": "add_consumers", "spacing_s": 2},
    "age": {"hold": 30, "act": 120, "spacing_s": 2},
    "cpu": {"hold": 0.8, "act": 0.9, "spacing_s": 2},
    "accept": {"requests_min": 60},
    "consumers": {"effect_s": 20},
    "flapping": {"interval_s": 30, "window_s": 6},
    "quiet_s": 40,
}


@pytest.fixture
def rig(transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """A controller, a calm machine, an empty Redis, and a policy that asks for few records."""
    client("control").flushdb()
    settings.PLAN_PEOPLE, settings.CHECK_EVERY_MINUTES = 2, 0
    found = Rig(Controller(holder="a"))
    monkeypatch.setattr(Controller, "clock", staticmethod(lambda: found.now))
    monkeypatch.setattr(timezone, "now", found.moment)
    monkeypatch.setattr(machine, "share", lambda before, after: 0.1)
    monkeypatch.setattr(checklists, "preflight", lambda plan: [])
    monkeypatch.setattr(module, "close_old_connections", lambda: None)
    # Composing is a third of a round and has tests of its own.
    monkeypatch.setattr(Composer, "compose", lambda self, judgement: {})
    monkeypatch.setattr(override_rollback, "_watch", override_rollback.Watch())
    policies.save(QUICK, actor="ann", reason="a minute is long in a test")
    real = Collector._of_kind

    def agreed(self: Collector, *args: Any) -> KindEvidence:
        return replace(real(self, *args), consistency=Consistency(10_000, 0, found.now))

    monkeypatch.setattr(Collector, "_of_kind", agreed)
    return found
