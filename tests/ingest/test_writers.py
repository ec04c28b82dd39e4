"""The writers: each natural key once, told apart into new, duplicate and conflict, in any order and at once."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from django.db import connections, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import models
from ingest.records import Device, Event, Health
from ingest.writers import device, event, health
from streaming import registry
from streaming.models import DeadLetter
from streaming.registry import Written
from streaming.storing import Item, Tally, store
from tests.ingest import paths
from tests.ingest.fuzz import FUZZ

FIVE = 1788339600  # 2026-09-02 17:00:00, a Wednesday
DAY = 86_400
floats = st.floats(-1e15, 1e15)


def counts(written: Written) -> tuple[int, int, int]:
    return written.new, written.duplicates, len(written.conflicts)


def replace(record: Any, **values: Any) -> Any:
    return msgspec.structs.replace(record, **values)


READING = Health("A", FIVE, heart_rate=70, temperature=36.6, latitude=31.14505564403376, step=0)
STATE = Device("A", FIVE, battery_level=60, status="ACTIVE")
EVENT = Event("A", "SOS_EVENT", FIVE, "1", latitude=31.5, longitude=121.0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("write", "record", "other"),
    [
        (health.write, READING, {"heart_rate": 71}),
        (health.write, READING, {"step": None}),
        (health.write, READING, {"latitude": 31.14505564403377}),
        (health.write, READING, {"customer_id": 9}),
        (device.write, STATE, {"battery_level": 61}),
        (device.write, STATE, {"status": None}),
        (event.write, EVENT, {"latitude": 31.6}),
        (event.write, EVENT, {"user_id": 9}),
    ],
)
def test_new_duplicate_and_conflict_are_told_apart(write: Any, record: Any, other: dict[str, Any]) -> None:
    record = replace(record, customer_id=8, user_id=7)
    assert counts(write([record])) == (1, 0, 0)
    assert counts(write([record, record])) == (0, 2, 0)
    conflict = write([replace(record, **other)])
    assert counts(conflict) == (0, 0, 1)
    assert conflict.conflicts[0][1] == replace(record, **other)
    assert counts(write([record])) == (0, 1, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("write", "record", "other", "later"),
    [
        (health.write, READING, {"heart_rate": 71}, {"timestamp": FIVE + 1}),
        (device.write, STATE, {"battery_level": 61}, {"timestamp": FIVE + 1}),
        (event.write, EVENT, {"latitude": 31.6}, {"event_value": "2"}),
    ],
)
def test_within_one_batch_the_first_of_a_key_stays(
    write: Any, record: Any, other: dict[str, Any], later: dict[str, Any]
) -> None:
    written = write([record, replace(record, **other), record, replace(record, **later)])
    assert counts(written) == (2, 1, 1)
    assert [found for _kind, found in written.conflicts] == [replace(record, **other)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("write", "record", "relayed"),
    [
        (health.write, READING, {"upload_method": "bluetooth", "customer_id": None, "sleep_data": "{}"}),
        (device.write, STATE, {"customer_id": None}),
        (event.write, EVENT, {"customer_id": None, "latitude": None, "longitude": None}),
    ],
)
def test_a_record_that_came_another_way_is_the_same_record(write: Any, record: Any, relayed: dict[str, Any]) -> None:
    write([replace(record, customer_id=8)])
    assert counts(write([replace(record, **{"customer_id": 8, **relayed})])) == (0, 1, 0)


@pytest.mark.django_db
@given(
    st.builds(
        Health,
        device_sn=st.just("A"),
        timestamp=st.just(FIVE),
        heart_rate=st.none() | st.integers(1, 300),
        temperature=st.none() | st.floats(20, 45),
        step=st.none() | st.integers(0, 2**31 - 1),
        distance=st.none() | floats,
        calorie=st.none() | floats,
        latitude=st.none() | st.floats(-90, 90),
        longitude=st.none() | st.floats(-180, 180),
        altitude=st.none() | floats,
        customer_id=st.none() | st.integers(1, 2**63 - 1),
    )
)
@FUZZ
def test_any_reading_sent_twice_is_a_duplicate_whatever_its_values(reading: Health) -> None:
    with transaction.atomic():
        assert counts(health.write([reading])) == (1, 0, 0)
        assert counts(health.write([reading])) == (0, 1, 0)
        assert counts(event.write([Event("A", "X", FIVE, "", reading.latitude, reading.longitude)])) == (1, 0, 0)
        assert counts(event.write([Event("A", "X", FIVE, "", reading.latitude, reading.longitude)])) == (0, 1, 0)
        transaction.set_rollback(True)


STATES = [
    Device("A", FIVE + 3, battery_level=30, status=None, org_id=13),
    Device("A", FIVE + 2, battery_level=20, status="ACTIVE", customer_id=8),
    Device("A", FIVE + 1, battery_level=10, status="INACTIVE", customer_id=7, user_id=5),
    Device("a", FIVE + 9, battery_level=90, status="ACTIVE", customer_id=9),
]


@pytest.mark.django_db
@given(st.permutations([*STATES, STATES[1]]), st.lists(st.integers(1, 4), max_size=3))
@settings(FUZZ, max_examples=60)
def test_a_device_row_holds_the_newest_state_in_any_order_of_arrival(states: Sequence[Device], cuts: list[int]) -> None:
    with transaction.atomic():
        for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), 5], strict=True):
            device.write(states[start:end])
        rows = {row["serial_number"]: row for row in paths.rows()["device"]}
        history = models.DeviceInfoHistory.objects.count()
        transaction.set_rollback(True)
    assert (rows["A"]["timestamp"], rows["A"]["battery_level"], rows["A"].get("status")) == (
        "2026-09-02 17:00:03",
        30,
        None,
    )
    assert rows["a"]["battery_level"] == 90
    assert rows["A"]["org_id"] == 13
    assert rows["A"]["user_id"] == 5
    assert history == 4


@pytest.mark.django_db
def test_an_owner_once_known_is_kept_and_a_newer_one_replaces_it() -> None:
    device.write([Device("A", FIVE, customer_id=8, user_id=5)])
    device.write([Device("A", FIVE + 2)])
    device.write([Device("A", FIVE + 3, customer_id=9)])
    device.write([Device("A", FIVE + 1, customer_id=7, org_id=6)])
    (row,) = paths.rows()["device"]
    assert (row["customer_id"], row["org_id"], row["user_id"]) == (9, 6, 5)
    health.write([READING, replace(READING, timestamp=FIVE + 1, customer_id=1)])
    assert {row["timestamp"][-1]: (row["customer_id"], row["org_id"]) for row in paths.rows()["health"]} == {
        "0": (9, 6),
        "1": (1, 6),
    }


NESTED = [
    Health("A", FIVE, sleep_data='{"n":1}', workout_data='{"w":1}', exercise_week_data='{"e":1}'),
    Health("A", FIVE + 60, sleep_data='{"n":2}', exercise_week_data='{"e":2}'),
    Health("A", FIVE + 120, workout_data='{"w":3}', scientific_sleep_data="[3]"),
    Health("A", FIVE + 4 * DAY, sleep_data='{"n":4}', exercise_week_data='{"e":4}'),
    Health("A", FIVE + 5 * DAY, exercise_daily_data="[5]", exercise_week_data='{"e":5}'),
    Health("A", FIVE + 180),
]


@pytest.mark.django_db
@given(st.permutations([*NESTED, NESTED[0]]), st.lists(st.integers(1, 6), max_size=3))
@settings(FUZZ, max_examples=60)
def test_per_column_the_later_reading_wins_in_any_order_of_arrival(readings: Sequence[Health], cuts: list[int]) -> None:
    with transaction.atomic():
        for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), 7], strict=True):
            health.write(readings[start:end])
        found = paths.rows()
        transaction.set_rollback(True)
    assert found["day"] == paths.in_order({"day": [
        {
            "device_sn": "A", "date": "2026-09-02", "sleep_data": {"n": 2}, "sleep_at": FIVE + 60,
            "workout_data": {"w": 3}, "workout_at": FIVE + 120,
            "scientific_sleep_data": [3], "scientific_sleep_at": FIVE + 120,
        },
        {"device_sn": "A", "date": "2026-09-06", "sleep_data": {"n": 4}, "sleep_at": FIVE + 4 * DAY},
        {"device_sn": "A", "date": "2026-09-07", "exercise_daily_data": [5], "exercise_daily_at": FIVE + 5 * DAY},
    ]})["day"]  # fmt: skip
    assert [(row["week_start"], row["exercise_week_data"]) for row in found["week"]] == [
        ("2026-08-31", {"e": 4}),
        ("2026-09-07", {"e": 5}),
    ]


@pytest.mark.django_db
def test_a_conflicting_reading_does_not_touch_the_day() -> None:
    health.write([Health("A", FIVE, heart_rate=70, sleep_data='{"n":1}')])
    assert counts(health.write([Health("A", FIVE, heart_rate=71, sleep_data='{"n":2}')])) == (0, 0, 1)
    assert [row["sleep_data"] for row in paths.rows()["day"]] == [{"n": 1}]


@pytest.mark.django_db
def test_an_event_raises_one_alert_however_often_it_is_delivered() -> None:
    sent = replace(EVENT, health=[READING])
    for _ in range(3):
        event.write([sent, sent])
    (alert,) = models.AlertInfo.objects.all()
    reading = models.HealthData.objects.get()
    assert (alert.health_id, alert.severity_level, alert.alert_status) == (reading.pk, "critical", "pending")
    assert (alert.latitude, alert.longitude, alert.altitude) == (31.5, 121.0, None)


@pytest.mark.django_db
def test_an_alert_that_was_dealt_with_is_not_opened_again() -> None:
    event.write([EVENT])
    models.AlertInfo.objects.update(alert_status="handled")
    event.write([EVENT])
    assert [alert.alert_status for alert in models.AlertInfo.objects.all()] == ["handled"]


@pytest.mark.django_db
def test_a_conflicting_event_raises_no_alert_and_a_conflicting_reading_does_not_stop_one() -> None:
    event.write([EVENT])
    assert counts(event.write([replace(EVENT, latitude=1.0)])) == (0, 0, 1)
    health.write([READING])
    written = event.write([replace(EVENT, timestamp=FIVE + 1, health=[replace(READING, heart_rate=99)])])
    assert counts(written) == (1, 0, 1)
    assert written.conflicts[0][0] == "health"
    assert models.AlertInfo.objects.count() == models.CommonEvent.objects.count() == 2


@pytest.mark.django_db
def test_an_unknown_type_and_a_value_of_any_length_are_stored_without_an_alert() -> None:
    events = [
        Event("A", "NEW", FIVE, "x" * 16_000),
        Event("A", "NEW", FIVE, "x" * 15_999 + "y"),
        Event("A", "new", FIVE),
    ]
    assert counts(event.write(events)) == (3, 0, 0)
    assert models.AlertInfo.objects.count() == 0


@pytest.mark.django_db
def test_a_long_value_is_cut_only_in_the_description_of_its_alert() -> None:
    event.write([replace(EVENT, event_value="值" * 16_000)])
    assert models.CommonEvent.objects.get().event_value == "值" * 16_000
    assert len(models.AlertInfo.objects.get().alert_desc) == 500


@pytest.mark.django_db
@pytest.mark.parametrize("write", [health.write, device.write, event.write])
def test_serials_that_differ_in_case_or_accent_never_merge(write: Any) -> None:
    serials = ["abc", "ABC", "Abc", "äbc", "abc\u200b", "ａbc", "ßbc", "ssbc"]
    make = {health.write: lambda s: Health(s, FIVE), device.write: lambda s: Device(s, FIVE)}.get(
        write, lambda s: Event(s, "SOS_EVENT", FIVE)
    )
    assert counts(write([make(serial) for serial in serials])) == (8, 0, 0)
    assert counts(write([make(serial) for serial in serials])) == (0, 8, 0)


def batches(records: Sequence[Any], worker: int) -> list[list[Any]]:
    """The same records for every worker, in an order and in batches of its own."""
    shuffled = random.Random(worker).sample(records, len(records))
    return [shuffled[start : start + 30] for start in range(0, len(records), 20)]


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_store_every_record_once_and_no_deadlock_escapes() -> None:
    numbers = range(60)
    records = {
        "health": [Health(f"S{n % 7}", FIVE + n, heart_rate=60 + n, exercise_week_data="{}") for n in numbers],
        "device": [Device(f"S{n % 7}", FIVE + n, battery_level=n, customer_id=n % 3 or None) for n in numbers],
        "event": [Event(f"S{n % 7}", "SOS_EVENT", FIVE + n, health=[Health(f"E{n % 7}", FIVE + n)]) for n in numbers],
    }  # fmt: skip

    def work(worker: int) -> Tally:
        total = Tally()
        try:
            for name in random.Random(worker).sample(sorted(records), 3):
                for batch in batches(records[name], worker):
                    total += store(registry.get(name), [Item(record, 0) for record in batch])
        finally:
            connections.close_all()
        return total

    with ThreadPoolExecutor(4) as threads:
        tallies = list(threads.map(work, range(4)))

    sent = 4 * 3 * sum(map(len, batches(records["health"], 0)))
    assert sum(tally.new + tally.duplicates for tally in tallies) == sent
    assert sum(tally.new for tally in tallies) >= 180
    assert sum(tally.dead for tally in tallies) == DeadLetter.objects.count() == 0
    assert models.HealthData.objects.count() == 120
    assert models.DeviceInfoHistory.objects.count() == models.CommonEvent.objects.count() == 60
    assert models.AlertInfo.objects.count() == 60
    assert sorted(models.DeviceInfo.objects.values_list("serial_number", "battery_level")) == [
        ("S0", 56), ("S1", 57), ("S2", 58), ("S3", 59), ("S4", 53), ("S5", 54), ("S6", 55),
    ]  # fmt: skip
    assert list(models.HealthWeekly.objects.values_list("exercise_week_at").order_by("device_sn")) == [
        (FIVE + n,) for n in (56, 57, 58, 59, 53, 54, 55)
    ]


@pytest.mark.django_db
def test_numbers_are_stored_to_their_last_digit() -> None:
    # SQLite reads this one as its neighbour when it is written out in the statement.
    known, dice = 121.5650385886075, random.Random(1)
    readings = [
        Health("A", FIVE + number, longitude=known, latitude=dice.uniform(-90, 90), altitude=dice.uniform(-1e3, 1e4))
        for number in range(4_000)
    ]
    assert counts(health.write(readings)) == (4_000, 0, 0)
    assert counts(health.write(readings)) == (0, 4_000, 0)
    assert set(models.HealthData.objects.values_list("longitude", flat=True)) == {known}
