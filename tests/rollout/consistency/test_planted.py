"""Damage that was planted is found, each in its class, and none is invented; what can be mended is mended."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from ingest.models import HealthData
from ingest.records import Device, Event
from ljwx.redis import client
from rollout import consistency
from rollout.consistency import DatabaseConsistencyChecker
from rollout.consistency.outcomes import Outcome
from rollout.consistency.report import Report
from rollout.models import Check, CheckFinding, Repair
from streaming import registry
from streaming.models import DeadLetter
from tests.rollout.consistency.damage import plant, take_back, without_key
from tests.rollout.consistency.scene import consume, readings, send, settled
from tests.streaming import entries
from tests.streaming.entries import FIVE

RECORDS, EVERY = 2_000, 100
CLASSES = ("checked", "match", "missing", "extra", "different", "duplicate", "dead", "late")


@pytest.fixture
def adopted(transactional_db: None) -> Iterator[None]:
    with without_key():
        yield


def check(window: int = 60, **values: Any) -> Report:
    """When everything sent by now is settled."""
    checker = DatabaseConsistencyChecker(rest=False, **values)
    checker.clock = settled
    return checker.run_comprehensive_check(window)


def counts(found: Report) -> dict[str, int]:
    return {name: count for name, count in found.as_dict().items() if name in CLASSES and count}


@pytest.mark.usefixtures("adopted")
def test_planted_damage_is_found_in_its_class_and_what_can_be_mended_is_mended() -> None:
    for number in range(RECORDS // 20):
        send(*readings(20, f"S{number}"))
    consume()
    damage = plant(every=EVERY)
    each = RECORDS // EVERY
    found = check()
    assert found.checked == RECORDS
    assert counts(found) == {
        "checked": RECORDS, "match": RECORDS - 4 * each, "missing": 2 * each, "extra": each, "different": each,
        "duplicate": each,
    }  # fmt: skip
    assert found.rate == (RECORDS - 4 * each) / (RECORDS + each)
    assert not found.is_clean
    through = found.verified_through
    assert through is not None
    assert found.kinds[-1].verified.stopped_by is not None

    expected = consistency.preview(found.check.pk)
    assert (expected.records, expected.left, HealthData.objects.count()) == (2 * each, 2 * each, RECORDS)
    done = consistency.repair(found.check.pk, actor="ann", reason="test")
    assert (done.records, done.stored, done.mended, done.left) == (2 * each, 2 * each, 2 * each, 0)
    assert DeadLetter.objects.count() == 0
    row = Repair.objects.get(pk=done.repair)
    assert (row.actor, row.reason, row.records, row.mended) == ("ann", "test", 2 * each, 2 * each)
    assert row.finished_at is not None
    after = counts(check())
    assert {name: after.get(name) for name in ("missing", "extra", "different", "duplicate")} == {
        "missing": None, "extra": None, "different": each, "duplicate": each,
    }  # fmt: skip

    take_back(damage)
    clean = check()
    assert clean.is_clean
    assert clean.rate == 1.0
    assert clean.verified_through is not None
    assert through < clean.verified_through
    assert CheckFinding.objects.filter(resolved_at=None, outcome__in=("missing", "different", "duplicate")).count() == 0


def test_a_repair_stores_what_its_entry_held_after_that_is_trimmed() -> None:
    send(*readings(4))
    consume()
    HealthData.objects.filter(step__gte=2).delete()
    found = check()
    client("control").delete(registry.get("health").stream)
    done = consistency.repair(found.check.pk, actor="ann", reason="test")
    assert (done.stored, done.left) == (2, 0)
    assert list(HealthData.objects.order_by("step").values_list("step", "heart_rate")) == [
        (0, 60), (1, 61), (2, 62), (3, 63),
    ]  # fmt: skip


def test_a_repair_never_overwrites() -> None:
    send(*readings(2))
    consume()
    HealthData.objects.filter(step=1).delete()
    found = check()
    send(*readings(2, stress=7)[1:])
    consume()
    done = consistency.repair(found.check.pk, actor="ann", reason="test")
    assert (done.stored, done.dead) == (0, 0)
    assert HealthData.objects.get(step=1).stress == 7
    assert [row.reason for row in DeadLetter.objects.all()] == []


def test_a_healthy_run_of_every_kind_finds_nothing() -> None:
    for number in range(20):
        send(*readings(10, f"S{number}"))
        send(Device(f"S{number}", FIVE, battery_level=5), kind="device")
        send(Event(f"S{number}", "SOS_EVENT", FIVE + 1, "1", health=readings(1, f"T{number}")), kind="event")
    consume()
    found = check()
    assert found.is_clean
    assert found.checked == 20 * 13
    assert Check.objects.get(pk=found.check.pk).status == "done"


ODD_NUMBERS = (0.0, -0.0, 1e-7, 36.6, 121.5650385886075, 113.94999999999999, -89.123456789012, 0.1 + 0.2)
ODD_TEXTS = ("", " ", "a ", "设备", "😀", "\u0301e", "%s'\"\\", "x" * 255)


def test_values_that_a_database_may_write_another_way_are_no_findings() -> None:
    """Noise: both sides of a comparison come from one record, so whatever is found is a fault of comparing."""
    for number, value in enumerate(ODD_NUMBERS):
        records = readings(3, f"N{number}", temperature=value, latitude=value, distance=value, sleep_data=f"[{value}]")
        send(*records)
    for number, text in enumerate(ODD_TEXTS):
        send(Device(f"T{number}", FIVE, device_name=text, system_software_version=text), kind="device")
        send(Event(f"T{number}", "SOS_EVENT", FIVE + number, text), kind="event")
    consume()
    found = check()
    assert (found.is_clean, found.checked, found.count(Outcome.MATCH)) == (True, 40, 40), found.as_dict(shown=True)
    assert len(found.figures) > 2


def test_a_fault_in_the_conversion_of_the_consumer_is_caught() -> None:
    """A consumer whose writer shifts each reading of heart rate by one, as a mistaken conversion would."""
    health = registry.get("health")

    def mistaken(records: Any) -> Any:
        return health.write([msgspec.structs.replace(each, heart_rate=each.heart_rate + 1) for each in records])

    for number in range(5):
        send(*readings(10, f"S{number}"))
    entries.drain(entries.consumer(kinds=[entries.watched("health", mistaken)]))
    found = check(kinds=["health"])
    assert counts(found) == {"checked": 50, "different": 50}
    differences = [row.differences for row in CheckFinding.objects.all()]
    assert all(column == "heart_rate" and held == wanted + 1 for ((column, wanted, held),) in differences)
