"""The mirror: what is sent to the shadow, that no device notices, and that nothing else does."""

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from ingest.models import AlertInfo, DeviceInfo, ShadowReading
from ljwx.redis import client
from monitoring import ledger
from rollout import override, routes
from rollout.buckets import bucket
from rollout.models import Route
from rollout.routes import Share
from streaming import mirror, registry, safety
from streaming.models import DeadLetter
from streaming.safety import Gate
from tests.ingest import paths
from tests.ingest.mirroring import PAIRS, consume, copies, mirrored, settle, shadow_rows, told
from tests.ingest.test_lane import through_lane
from tests.streaming import entries

pytestmark = pytest.mark.usefixtures("edge")

NOWHERE = "unix:///nowhere/redis.sock?db=0"
AT = "2026-09-02 17:00:00"
READING = {"deviceSn": "A", "heart_rate": 70, "timestamp": AT}
DEVICE = {"SerialNumber": "A", "batteryLevel": 80, "voltage": 3900, "timestamp": AT}
SOS = {"deviceSn": "A", "eventType": "com.tdtech.ohos.health.action.SOS_EVENT", "eventValue": "1", "timestamp": AT}
BODIES = {"health": READING, "device": DEVICE, "event": SOS}


def post(kind: str, *records: dict[str, Any]) -> int:
    return paths.post(paths.ENDPOINTS[kind], json.dumps(list(records)).encode()).status


def streams() -> list[int]:
    """How many entries each stream of devices holds."""
    return [client("control").xlen(kind.stream) for kind in registry.kinds()]


@pytest.mark.parametrize("kind", BODIES)
def test_what_the_legacy_path_has_stored_is_appended_to_the_shadow_and_to_nothing_else(kind: str) -> None:
    mirrored(100)
    assert post(kind, BODIES[kind]) == 200
    settle()
    (copy,) = copies(kind)
    assert (copy.kind, copy.path, copy.epoch, copy.received_ms) == (f"{kind}-shadow", "shadow", 2, 1789444800000)
    assert len(copy.records) == 1
    assert streams() == [0, 0, 0]
    assert told() == {"uploads": 1, "accepted": 1}


def test_without_a_mirrored_share_nothing_is_appended() -> None:
    for kind, record in BODIES.items():
        assert post(kind, record) == 200
    settle()
    assert [len(copies(kind)) for kind in BODIES] == [0, 0, 0]


def test_what_is_no_new_row_is_not_mirrored() -> None:
    post("health", READING)
    mirrored(100)
    conflict = {**READING, "heart_rate": 71}
    fresh = {**READING, "timestamp": "2026-09-02 17:00:05"}
    assert post("health", READING, conflict, fresh, fresh) == 200
    assert post("health", fresh) == 200
    settle()
    (copy,) = copies("health")
    assert [record.timestamp for record in copy.records] == [1788339605]


def test_an_event_is_mirrored_with_those_of_its_readings_that_are_new() -> None:
    post("health", READING)
    mirrored(100)
    fresh = {**READING, "timestamp": "2026-09-02 17:00:05"}
    assert post("event", {**SOS, "healthData": {"data": [{**READING, "heart_rate": 99}, fresh]}}) == 200
    settle()
    (copy,) = copies("event")
    assert [reading.timestamp for reading in copy.records[0].health] == [1788339605]


def test_a_large_upload_makes_entries_of_at_most_a_hundred_records() -> None:
    mirrored(100)
    assert post("health", *({**READING, "timestamp": 1788339600 + number} for number in range(250))) == 200
    settle()
    assert [len(copy.records) for copy in copies("health")] == [100, 100, 50]


def test_mirrored_devices_are_sampled_by_another_salt() -> None:
    places = {serial: bucket("plan-1:mirror", serial) for serial in ("TEST001", "TEST002", "设备001")}
    assert places == {"TEST001": 633, "TEST002": 1876, "设备001": 2569}
    share = Share(below=0, salt="plan-1", epoch=1, mirrored=1_000)
    assert [serial for serial in places if share.mirrors(serial)] == ["TEST001"]
    assert not any(Share(below=0, salt="plan-1", epoch=1).mirrors(serial) for serial in places)
    assert all(Share(below=0, salt="plan-1", epoch=1, mirrored=10_000).mirrors(serial) for serial in places)


def test_what_takes_the_stream_is_not_mirrored() -> None:
    mirrored(100)
    paths.share(100)
    assert post("health", READING) == 200
    assert paths.post("/upload_health_data_v2", json.dumps(READING).encode()).status == 200
    settle()
    assert copies("health") == []
    assert streams() == [0, 0, 2]


def test_while_an_override_holds_nothing_is_mirrored(monkeypatch: pytest.MonkeyPatch) -> None:
    mirrored(100)
    assert routes.decide("health", "A").mirrored
    monkeypatch.setattr(override, "current", SimpleNamespace(get=lambda: Decimal(0)))
    assert not routes.decide("health", "A").mirrored


@pytest.mark.parametrize("gate", [Gate(False, "appendonly: no"), Gate(True, is_full=True)])
def test_a_copy_that_redis_has_no_room_for_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch, gate: Gate) -> None:
    mirrored(100)
    monkeypatch.setattr(safety, "current", SimpleNamespace(get=lambda: gate))
    assert post("health", READING) == 200
    settle()
    assert copies("health") == []
    assert told() == {"dropped": 1}


def test_a_redis_that_is_away_costs_a_device_nothing(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mirrored(100)
    monkeypatch.setattr(safety, "current", SimpleNamespace(get=lambda: Gate(True)))
    settings.REDIS_URL = NOWHERE
    for number in range(3):
        assert post("health", {**READING, "timestamp": 1788339600 + number}) == 200
        settle()
    assert told() == {"dropped": 3}


def test_a_queue_that_is_full_drops_what_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "QUEUE_MOST", 2)
    subject = mirror.ThreadMirror()
    subject._thread = SimpleNamespace()  # type: ignore[assignment] - one that is held up by Redis
    for number in range(4):
        subject.publish([mirror.Copy("health", 1, 0, entries.readings(1, f"S{number}"))])
    assert told() == {"dropped": 2}


@pytest.mark.django_db(transaction=True)
def test_on_an_event_loop_copies_join_the_group_commit() -> None:
    mirrored(100)
    bodies = [json.dumps({**READING, "deviceSn": f"S{number}"}).encode() for number in range(30)]
    answers = through_lane([("/upload_health_data", body, "application/json") for body in bodies])
    assert {status for status, _type, _body in answers} == {200}
    assert sorted(record.device_sn for copy in copies("health") for record in copy.records) == sorted(
        f"S{number}" for number in range(30)
    )
    assert told() == {"uploads": 30, "accepted": 30}


@pytest.mark.django_db(transaction=True)
def test_on_an_event_loop_a_redis_that_is_away_costs_a_device_nothing(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrored(100)
    monkeypatch.setattr(safety, "current", SimpleNamespace(get=lambda: Gate(True)))
    settings.REDIS_URL = NOWHERE
    (answer,) = through_lane([("/upload_health_data", json.dumps(READING).encode(), "application/json")])
    assert answer[0] == 200
    assert told() == {"dropped": 1}


def test_the_shadow_tables_have_the_columns_of_the_record_tables() -> None:
    for real, shadow in PAIRS:
        tables = []
        with connection.cursor() as cursor:
            for model in (real, shadow):
                described = connection.introspection.get_table_description(cursor, model._meta.db_table)
                tables.append({(each.name, each.type_code, each.null_ok) for each in described})
        assert tables[0] == tables[1]
        assert shadow._meta.db_table == f"{real._meta.db_table}_shadow"


def test_consumers_write_shadow_rows_and_nothing_else() -> None:
    nested = {**READING, "sleepData": {"code": 0, "data": [], "name": "sleep"}}
    mirrored(100)
    for kind, record in {**BODIES, "health": nested}.items():
        assert post(kind, record) == 200
    before, alerts, counted = paths.rows(), AlertInfo.objects.count(), ledger.told()
    consume()
    assert shadow_rows() == {
        "ShadowReading": 1, "ShadowDay": 1, "ShadowDevice": 1, "ShadowDeviceHistory": 1, "ShadowEvent": 1,
    }  # fmt: skip
    assert (paths.rows(), AlertInfo.objects.count(), ledger.told()) == (before, alerts, counted)
    assert alerts == 1
    assert DeadLetter.objects.count() == 0
    assert told() == {"uploads": 3, "accepted": 3, "good": 3}
    assert client("control").keys("ljwx:ledger:*") == []


def test_a_mirrored_device_state_leaves_the_device_alone() -> None:
    mirrored(100)
    post("device", DEVICE)
    DeviceInfo.objects.update(battery_level=1)
    consume()
    assert DeviceInfo.objects.get().battery_level == 1


def test_a_copy_that_can_not_be_stored_is_counted_and_is_no_dead_letter() -> None:
    shadow = registry.shadow("health")
    assert shadow is not None
    bad = entries.readings(2)
    bad[1] = type(bad[1])("A", bad[1].timestamp, sleep_data="{not json")
    data = mirror.Copy("health", 3, 1789444800000, bad).entries()[0].data
    client("control").xadd(shadow.stream, {b"d": data})
    consume()
    assert ShadowReading.objects.count() == 1
    assert DeadLetter.objects.count() == 0
    assert told() == {"good": 1, "dead": 1}


def test_an_entry_of_a_shadow_in_the_stream_of_devices_is_no_record() -> None:
    data = mirror.Copy("health", 1, 1789444800000, entries.readings(1)).entries()[0].data
    client("control").xadd(registry.get("health").stream, {b"d": data})
    consume()
    assert "health" not in paths.rows()
    assert [(letter.kind, letter.category) for letter in DeadLetter.objects.all()] == [("health", "undecodable")]


def test_a_share_that_is_full_of_real_entries_is_read_first(monkeypatch: pytest.MonkeyPatch) -> None:
    mirrored(100)
    for number in range(3):
        post("health", {**READING, "timestamp": 1788339600 + number})
    settle()
    for number in range(10):
        entries.put("health", *entries.readings(1, f"S{number}"))
    subject = entries.consumer(kinds=registry.consumed(), batch_size=5)
    handled = [subject.step(block_ms=0) for _ in range(3)]
    assert handled == [5, 5, 3]


def test_a_route_knows_its_mirrored_share() -> None:
    Route.objects.filter(kind="health").update(mirror_percentage=Decimal("12.5"))
    assert routes.load()["health"].mirrored == 1250
