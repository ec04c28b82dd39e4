"""What is held back stays pending and is lost to nobody: not to a release, not to a death, not to other devices."""

from collections.abc import Callable

import pytest

from ingest.models import HealthData
from ingest.records import Device, Health
from ljwx.redis import client
from streaming import backlog, heldback, registry
from streaming.envelope import FIELD, Reject
from tests.streaming import entries
from tests.streaming.entries import FIVE, pending, put

HEALTH = registry.get("health")
pytestmark = pytest.mark.usefixtures("redis", "held")

Hold = Callable[[heldback.Hold | None], None]


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Hold:
    """Says which serials are held back; None: none."""
    said: list[heldback.Hold | None] = [None]
    monkeypatch.setattr(heldback, "_source", lambda: said[-1])
    return said.append


def mine(serial: str) -> bool:
    return serial.startswith("MINE")


def stored() -> list[str]:
    return sorted(HealthData.objects.values_list("device_sn", flat=True))


def test_entries_of_devices_held_back_wait_and_all_others_are_stored(hold: Hold) -> None:
    hold(mine)
    put("health", Health("MINE-1", FIVE))
    put("health", Health("OTHER", FIVE))
    put("device", Device("MINE-1", FIVE))
    subject = entries.consumer()
    entries.drain(subject)
    assert (stored(), pending("health"), pending("device")) == (["OTHER"], 1, 1)
    assert backlog.measure(HEALTH).oldest_s is not None


def test_an_entry_that_somebody_else_has_a_part_in_is_stored(hold: Hold) -> None:
    hold(mine)
    put("health", Health("MINE-1", FIVE), Health("OTHER", FIVE))
    put("health", Health("MINE-2", FIVE), rejects=[Reject("health", "OTHER", "no", b"{}")])
    client("control").xadd(HEALTH.stream, {FIELD: b"nonsense"})
    entries.drain(entries.consumer())
    assert (stored(), pending("health")) == (["MINE-1", "MINE-2", "OTHER"], 0)


def test_what_was_held_back_is_stored_as_soon_as_nothing_is_any_more(hold: Hold) -> None:
    hold(mine)
    for number in range(5):
        put("health", Health(f"MINE-{number}", FIVE))
    subject = entries.consumer(batch_size=2)
    entries.drain(subject)
    assert (stored(), pending("health")) == ([], 5)
    hold(None)
    entries.drain(subject)
    assert (len(stored()), pending("health")) == (5, 0)


def test_the_next_holder_of_the_name_holds_it_back_too_and_then_stores_it(hold: Hold) -> None:
    hold(mine)
    put("health", Health("MINE-1", FIVE))
    entries.drain(entries.consumer("host:1"))
    after = entries.consumer("host:1")
    entries.drain(after)
    assert (stored(), pending("health")) == ([], 1)
    hold(None)
    entries.drain(after)
    assert (stored(), pending("health")) == (["MINE-1"], 0)
