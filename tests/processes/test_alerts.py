"""Real controllers that have the rules look and tell people: each thing once, and on after a `kill -9`."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from monitoring import alarms
from monitoring.models import Channel
from rollout import lease
from rollout.alerting.loop import NAME
from rollout.models import Lease
from tests.managed import Managed
from tests.monitoring.notifiers.stub import Stub, serving
from tests.polling import until

START_S = 60.0


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving() as found:
        yield found


def told(stub: Stub) -> list[tuple[str, str]]:
    """What was told of which alert, in all messages."""
    return [
        (each["what"], each["name"]) for request in stub.requests for each in json.loads(request.body)["alerts"]
        if each["group"] == "records"
    ]  # fmt: skip


def test_two_processes_tell_once_and_one_that_is_killed_is_replaced(
    redis: Any, manage: Callable[..., Managed], stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms, "_here", {})
    Channel.objects.create(name="ops", kind="webhook", address=f"{stub.url}/ops", secret="a-secret-of-some-length")
    alarms.sound("lost:health", "three entries")
    both = [manage("run_controller", LJWX_ALERT_GROUP_WAIT_S="0") for _ in range(2)]
    until(lambda: told(stub), within=START_S)
    assert told(stub) == [("firing", "entries_lost:health")]
    # One that dies while it sends keeps its channel for two minutes.
    until(Channel.objects.filter(busy_by="", next_at__isnull=False).exists, within=START_S)
    holder = lease.leader(NAME)
    assert holder is not None
    (killed,) = [each for each in both if holder.holder.endswith(f":{each.pid}")]
    killed.kill()
    killed.wait()
    Lease.objects.filter(name=NAME).update(expires_at=lease.now())  # its 15 s are over
    alarms.sound("lost:event", "one entry")
    until(lambda: len(told(stub)) > 1, within=START_S)
    assert told(stub) == [("firing", "entries_lost:health"), ("firing", "entries_lost:event")]
