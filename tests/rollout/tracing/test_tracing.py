"""Where a device's uploads went: every place that one can be in is found, and what was not looked at is said."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import redis as redis_module
from django.utils import timezone

from ingest.models import HealthData
from ingest.models.shadow import ShadowReading
from ingest.records import Health
from ljwx.redis import TRIMMED_KEY, client
from rollout import traffic
from rollout.models import Change, Pin
from rollout.tracing import Trace, scanning, trace
from rollout.tracing import words as said
from rollout.tracing.fates import Became
from rollout.tracing.standing import State
from streaming import registry
from streaming.envelope import Reject
from streaming.models import DeadLetter
from tests.rollout.tracing import scene
from tests.rollout.tracing.scene import SERIAL
from tests.streaming import entries


def became(found: Trace) -> list[Became]:
    return [record.became for upload in found.uploads for record in upload.records]


def test_an_entry_that_was_stored_has_its_rows_and_their_times() -> None:
    identifier = scene.send(scene.reading(1), scene.reading(0), epoch=1)
    scene.consume()
    found = trace(SERIAL)
    [upload] = found.uploads
    assert (upload.entry, upload.kind, upload.path, upload.epoch) == (identifier, "health", "stream", 1)
    assert (upload.standing.state, became(found)) == (State.ACKNOWLEDGED, [Became.STORED] * 2)
    assert [record.time_s for record in upload.records] == [scene.NOW_S - 1, scene.NOW_S]
    assert all(abs((record.written_s or 0) - upload.appended_ms / 1000) < 30 for record in upload.records)
    assert upload.records[0].values["heart_rate"] == 71
    assert (found.rows, found.letters, found.missing, found.is_known) == ([], [], 0, True)


def test_an_entry_on_its_way_is_with_nobody_or_with_a_consumer() -> None:
    scene.send(scene.reading())
    [upload] = trace(SERIAL).uploads
    assert (upload.standing.state, upload.records[0].became) == (State.NO_GROUP, Became.WAITING)
    kind, connection = registry.get("health"), client("control")
    connection.xgroup_create(kind.stream, kind.group, id="0")
    [upload] = trace(SERIAL).uploads
    assert (upload.standing.state, upload.records[0].became) == (State.UNDELIVERED, Became.WAITING)
    connection.xreadgroup(kind.group, "host:7", {kind.stream: ">"})
    found = trace(SERIAL)
    held = found.uploads[0].standing
    assert (held.state, held.consumer, held.deliveries) == (State.PENDING, "host:7", 1)
    assert abs((held.delivered_ms or 0) - found.uploads[0].appended_ms) < 30_000
    assert (became(found), found.missing) == ([Became.WAITING], 0)


def test_a_record_in_no_account_is_missing() -> None:
    scene.send(scene.reading())
    scene.consume()
    HealthData.objects.all().delete()
    found = trace(SERIAL)
    assert (became(found), found.missing) == ([Became.MISSING], 1)


def test_what_was_there_before_and_what_has_other_values_is_told_apart() -> None:
    scene.write("health", scene.reading(0), scene.reading(1, heart_rate=99))
    HealthData.objects.update(create_time=timezone.now() - timedelta(minutes=1))
    scene.send(scene.reading(0), scene.reading(1))
    scene.consume()
    assert became(trace(SERIAL)) == [Became.KNOWN, Became.DEAD]
    DeadLetter.objects.all().delete()
    assert became(trace(SERIAL)) == [Became.KNOWN, Became.DIFFERENT]


def test_a_reject_of_the_edge_is_a_dead_letter_with_its_reason() -> None:
    reject = Reject("health", SERIAL, "implausible: heart_rate 999", b'{"heart_rate": 999}')
    entries.put("health", rejects=[reject], received_ms=scene.NOW_S * 1000)
    scene.consume()
    found = trace(SERIAL, minutes=30)
    assert became(found) == [Became.DEAD]
    [letter] = found.letters
    assert found.uploads[0].records[0].letter == letter
    assert said.reason(letter, values=False) == "implausible: heart_rate …"
    assert "999" in said.reason(letter, values=True)


def test_only_what_is_of_that_very_device_is_found() -> None:
    for serial in ("TEST0022", "test002", "A TEST002", "TEST002 "):
        scene.send(scene.reading(serial=serial))
        scene.write("health", scene.reading(1, serial=serial))
        scene.write("device", scene.state(serial=serial))
        scene.write("event", scene.event(serial=serial))
        DeadLetter.objects.create(
            kind="health", device_sn=serial, reason="x: y", category="x", form="json", payload=b"{}", digest=serial,
            received_at=timezone.now(),
        )  # fmt: skip
    scene.consume()
    found = trace(SERIAL)
    assert (found.uploads, found.rows, found.letters, found.is_known) == ([], [], [], False)
    assert len(trace("TEST002 ").rows) == 3


def test_an_event_brings_its_readings_and_an_entry_of_two_devices_its_part() -> None:
    carried = scene.event()
    carried.health.append(scene.reading())
    scene.send(carried, kind="event")
    scene.send(scene.reading(5), scene.reading(6, serial="OTHER"))
    scene.consume()
    found = trace(SERIAL)
    kinds = {upload.kind: [record.kind for record in upload.records] for upload in found.uploads}
    assert kinds == {"event": ["event", "health"], "health": ["health"]}
    assert found.rows == []


def test_a_mirrored_copy_is_told_beside_the_row_that_it_is_compared_with() -> None:
    readings = [scene.reading(number) for number in range(4)]
    scene.write("health", *readings)
    scene.send(*readings, kind="health-shadow", path="legacy")
    waiting = trace(SERIAL)
    assert became(waiting) == [Became.WAITING] * 4
    entries.drain(entries.consumer(kinds=registry.consumed()))
    found = trace(SERIAL)
    assert became(found) == [Became.STORED] * 4
    [upload] = found.uploads
    assert (upload.kind, upload.is_copy, upload.path) == ("health", True, "legacy")
    assert upload.standing.state is State.ACKNOWLEDGED
    assert all(abs((record.written_s or 0) - upload.appended_ms / 1000) < 30 for record in upload.records)
    assert said.of_kind(upload) == "health, mirrored copy"
    assert (len(found.rows), found.missing) == (4, 0)
    at = dict(enumerate(HealthData.objects.order_by("-timestamp").values_list("timestamp", flat=True)))
    ShadowReading.objects.filter(timestamp=at[1]).delete()
    HealthData.objects.filter(timestamp=at[2]).delete()
    ShadowReading.objects.filter(timestamp=at[3]).update(heart_rate=99)
    found = trace(SERIAL)
    assert became(found) == [Became.STORED, Became.MISSING, Became.ALONE, Became.DIFFERENT]
    assert found.missing == 1  # a copy that is not there loses nothing, a row that is not there does
    texts = [said.of_record(each, values=False, is_copy=True) for each in found.uploads[0].records]
    assert [text.partition(", 2")[0] for text in texts] == [
        "shadow row, equal to the row", "no shadow row", "shadow row, but no row", "shadow row and row differ",
    ]  # fmt: skip


def test_where_nothing_is_mirrored_nothing_is_said_of_copies() -> None:
    scene.send(scene.reading())
    assert not any("shadow" in text for text in said.gaps(trace(SERIAL)))


def test_rows_of_the_legacy_path_are_told_with_the_share_of_their_time() -> None:
    scene.write("health", *(scene.reading(number) for number in range(5)))
    scene.write("device", scene.state(0), scene.state(1))
    scene.write("event", scene.event(0), scene.event(1, "FALL_EVENT"), scene.event(2, "FALL_EVENT"))
    found = trace(SERIAL, most=2)
    times = [(row.kind, scene.NOW_S - row.time_s) for row in found.rows]
    assert sorted(times) == [("device", 0), ("device", 1), ("event", 0), ("event", 1), ("health", 0), ("health", 1)]
    for row in found.rows:
        assert row.is_direct
        assert row.then is not None
        assert (row.then.path, row.then.percentage, row.then.bucket) == ("legacy", 0, 428)
    assert {row.values.get("battery_level") for row in found.rows if row.kind == "device"} == {50}


@pytest.mark.parametrize(("minutes", "direct"), [(5, True), (9.5, False), (200, False)])
def test_a_row_is_direct_only_where_its_entry_would_have_been_read(minutes: float, direct: bool) -> None:
    """Ten minutes are read, less the grace; of more than the retention nothing is sure, however long one looks."""
    scene.write("health", scene.reading())
    HealthData.objects.update(create_time=timezone.now() - timedelta(minutes=minutes))
    [row] = trace(SERIAL, minutes=10 if minutes < 10 else 300).rows
    assert row.is_direct is direct


def test_no_row_is_direct_whose_entry_may_have_left_early() -> None:
    scene.write("health", scene.reading())
    HealthData.objects.update(create_time=timezone.now() - timedelta(minutes=5))
    assert [row.is_direct for row in trace(SERIAL).rows] == [True]
    client("control").zadd(TRIMMED_KEY, {registry.get("health").stream: (scene.NOW_S - 60) * 1000})
    assert [row.is_direct for row in trace(SERIAL).rows] == [False]


def test_the_share_is_that_of_the_time_and_names_who_set_it() -> None:
    traffic.switch(kinds=["health"], percentage=Decimal(50), actor="li", reason="half of them")
    traffic.switch(kinds=["health"], percentage=Decimal(1), actor="wang", reason="back")
    Change.objects.filter(epoch=2).update(created_at=timezone.now() - timedelta(hours=2))
    Change.objects.filter(epoch=3).update(created_at=timezone.now() - timedelta(hours=1))
    scene.write("health", scene.reading(0), scene.reading(1), scene.reading(2))
    for number, minutes in enumerate((30, 90, 150)):
        written = timezone.now() - timedelta(minutes=minutes)
        at = datetime.fromtimestamp(scene.NOW_S - number, UTC)
        HealthData.objects.filter(timestamp=at).update(create_time=written)
    thens = [row.then for row in trace(SERIAL).rows]
    shares = [(then.percentage, then.epoch, then.path) for then in thens if then]
    # The bucket is 428.
    assert shares == [(1, 3, "legacy"), (50, 2, "stream"), (0, 1, "legacy")]
    assert thens[1] is not None
    assert "li: half of them" in thens[1].why
    scene.send(scene.reading(9), epoch=2)
    [upload] = trace(SERIAL).uploads
    assert upload.then is not None
    assert (upload.then.percentage, upload.then.epoch) == (50, 2)


def test_a_pin_is_the_reason_from_the_time_it_was_made() -> None:
    scene.write("health", scene.reading(0), scene.reading(1))
    Pin.objects.create(
        device_sn=SERIAL, path="stream", owner="li", reason="lab", expires_at=timezone.now() + timedelta(hours=1)
    )
    before = datetime.fromtimestamp(scene.NOW_S - 1, UTC)
    HealthData.objects.filter(timestamp=before).update(create_time=timezone.now() - timedelta(hours=1))
    HealthData.objects.exclude(timestamp=before).update(create_time=timezone.now() + timedelta(seconds=5))
    paths = [row.then.path for row in trace(SERIAL).rows if row.then]
    assert paths == ["stream", "legacy"]


def test_around_a_time_what_is_near_it_is_found_before_and_after() -> None:
    at = scene.NOW_S - 3600
    connection, kind = client("control"), registry.get("health")
    for offset in (-900, -30, 0, 30, 900):
        entries.put("health", scene.reading(3600 - offset), identifier=f"{(at + offset) * 1000}-1")
    found = trace(SERIAL, at=datetime.fromtimestamp(at, UTC), minutes=10)
    assert [upload.appended_ms // 1000 - at for upload in found.uploads] == [30, 0, -30]
    assert [scan.is_whole for scan in found.scans if scan.kind is kind] == [True]
    assert connection.xlen(kind.stream) == 5
    nearest = trace(SERIAL, at=datetime.fromtimestamp(at + 1, UTC), minutes=10, most=1)
    assert [upload.appended_ms // 1000 - at for upload in nearest.uploads] == [30, 0]


def test_what_time_did_not_allow_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "PAGE", 10)
    ticks = iter(range(10_000))
    monkeypatch.setattr(scanning, "clock", lambda: float(next(ticks)) / 5)
    for number in range(100):
        scene.send(scene.reading(serial=f"OTHER{number}"))
    found = trace(SERIAL)
    [scan] = [scan for scan in found.scans if scan.kind.name == "health"]
    assert 0 < scan.read < 100
    assert scan.span.since_ms > scan.asked.since_ms
    assert not scan.is_whole
    assert any(text.startswith(f"health: {scan.read} entries from") for text in said.gaps(found))


def test_a_whole_look_says_what_is_not_kept_and_nothing_else() -> None:
    scene.send(scene.reading(serial="OTHER"))
    gaps = said.gaps(trace(SERIAL))
    assert [gap.partition(":")[0] for gap in gaps] == ["event", "device", "health"]
    assert sum("holds no entry" in gap for gap in gaps) == 2
    assert sum("are not kept" in gap for gap in gaps) == 1


def test_a_redis_that_is_away_leaves_what_the_database_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **values: object) -> None:
        raise redis_module.ConnectionError

    scene.write("health", scene.reading())
    monkeypatch.setattr(scanning, "scan", away)
    found = trace(SERIAL)
    assert (len(found.rows), sorted(found.silent)) == (1, ["device", "event", "health"])
    assert not found.rows[0].is_direct


def test_a_long_history_of_dead_letters_is_looked_at_as_far_as_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollout.tracing.tracing.MOST_LETTERS", 3)
    old = timezone.now() - timedelta(days=1)
    for number in range(5):
        DeadLetter.objects.create(
            kind="health", device_sn=SERIAL, reason="x: y", category="x", form="json", payload=b"{}",
            digest=str(number), received_at=old if number == 0 else timezone.now(),
        )  # fmt: skip
    found = trace(SERIAL, at=timezone.now() - timedelta(hours=1))
    assert (found.letters, found.letters_cut) == ([], True)
    assert (len(trace(SERIAL).letters), trace(SERIAL, most=2).letters_cut) == (3, False)


def test_a_reading_that_no_row_can_hold_is_still_told() -> None:
    scene.send(Health(SERIAL, 10**12, heart_rate=70))
    [upload] = trace(SERIAL).uploads
    assert (upload.records[0].time_s, upload.records[0].became) == (None, Became.WAITING)
