"""Each record that an entry promised is in its class."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from ingest.models import CommonEvent, DeviceInfo, DeviceInfoHistory, HealthData
from ingest.records import Device, Event
from rollout.models import CheckFinding
from streaming.envelope import Reject
from streaming.models import DeadLetter
from tests.rollout.consistency.scene import advance, consume, counts, found, progress, readings, send
from tests.streaming.entries import FIVE


def test_a_healthy_stream_has_no_findings() -> None:
    send(*readings(30))
    send(*readings(30))
    send(Device("A", FIVE, battery_level=5), Device("A", FIVE + 60, battery_level=4), kind="device")
    send(Event("A", "SOS_EVENT", FIVE + 1, "1", health=readings(1, "B")), kind="event")
    consume()
    advance()
    assert counts(progress()) == {"checked": 60, "match": 60}
    assert counts(progress("device")) == {"checked": 2, "match": 2}
    assert counts(progress("event")) == {"checked": 2, "match": 2}
    assert found() == []


def test_a_row_that_is_gone_is_missing_and_kept() -> None:
    send(*readings(5))
    consume()
    HealthData.objects.filter(step=3).delete()
    advance()
    assert counts(progress()) == {"checked": 5, "match": 4, "missing": 1}
    assert found() == [("missing", "health", "A")]
    assert b'"step":3' in bytes(CheckFinding.objects.get().payload)


@pytest.mark.parametrize(("column", "value"), [("heart_rate", 199), ("temperature", 36.5), ("org_id", 9)])
def test_a_changed_value_is_different_and_named_with_both_values(column: str, value: Any) -> None:
    send(*readings(5, org_id=7))
    consume()
    HealthData.objects.filter(step=3).update(**{column: value})
    advance()
    assert counts(progress()) == {"checked": 5, "match": 4, "different": 1}
    was = {"heart_rate": 63, "temperature": None, "org_id": 7}[column]
    assert CheckFinding.objects.get().differences == [[column, was, value]]


def test_an_owner_that_the_record_does_not_know_is_no_difference() -> None:
    send(*readings(5))
    consume()
    HealthData.objects.update(org_id=9)
    advance()
    assert counts(progress()) == {"checked": 5, "match": 5}


def test_the_text_of_an_event_is_compared_too() -> None:
    send(Event("A", "SOS_EVENT", FIVE, "1"), kind="event")
    consume()
    CommonEvent.objects.update(event_value="2")
    advance()
    assert CheckFinding.objects.get().differences == [["event_value", "1", "2"]]


def test_a_row_under_another_second_is_missing_with_the_place_where_it_stands() -> None:
    send(*readings(5))
    consume()
    HealthData.objects.filter(step=3).update(timestamp=F("timestamp") + timedelta(seconds=1))
    advance()
    assert counts(progress()) == {"checked": 5, "match": 4, "missing": 1}
    assert CheckFinding.objects.get().beside == ["A", "2026-09-02 17:00:31"]


def test_what_conflicts_is_dead_and_no_mismatch() -> None:
    send(*readings(5))
    send(*[reading for reading in readings(5, stress=1) if reading.step == 3])
    consume()
    advance()
    assert counts(progress()) == {"checked": 6, "match": 5, "dead": 1}
    assert found() == []


@pytest.mark.parametrize(("state", "outcome"), [("open", "dead"), ("discarded", "dead"), ("replayed", "missing")])
def test_a_replayed_letter_promises_a_row(state: str, outcome: str) -> None:
    send(*readings(1))
    send(*readings(1, stress=1))
    consume()
    DeadLetter.objects.update(state=state)
    HealthData.objects.all().delete()
    advance()
    assert counts(progress()) == {"checked": 2, "missing": 1} | ({"dead": 1} if outcome == "dead" else {"missing": 2})


def test_what_the_edge_refused_is_dead_with_its_letter_and_missing_without() -> None:
    send(*readings(1), rejects=[Reject("health", "A", "implausible: heart_rate 999", b"{}")])
    consume()
    advance()
    assert counts(progress()) == {"checked": 2, "match": 1, "dead": 1}
    send(rejects=[Reject("health", "A", "implausible: heart_rate 998", b"[]")])
    consume()
    DeadLetter.objects.all().delete()
    advance()
    assert counts(progress()) == {"checked": 3, "match": 1, "dead": 1, "missing": 1}


def test_an_entry_that_nobody_can_read_is_one_dead_record() -> None:
    send(*readings(3), v=99)
    consume()
    advance()
    assert counts(progress()) == {"checked": 1, "dead": 1}


def test_a_missing_event_does_not_count_its_readings_and_a_missing_reading_counts_alone() -> None:
    send(Event("A", "SOS_EVENT", FIVE, "1", health=readings(2, "B")), kind="event")
    consume()
    HealthData.objects.filter(step=1).delete()
    advance()
    assert found() == [("missing", "health", "B")]
    send(Event("C", "SOS_EVENT", FIVE, "1", health=readings(2, "C")), kind="event")
    consume()
    CommonEvent.objects.filter(device_sn="C").delete()
    HealthData.objects.filter(device_sn="C").delete()
    advance()
    assert found(device_sn="C") == [("missing", "event", "C")]


def test_a_row_written_after_the_grace_is_late_and_no_mismatch() -> None:
    send(*readings(2))
    consume()
    HealthData.objects.filter(step=1).update(create_time=F("create_time") + timedelta(seconds=90))
    advance()
    assert counts(progress()) == {"checked": 2, "match": 1, "late": 1}
    assert found() == []


@pytest.mark.parametrize("values", [{"battery_level": 99}, {"timestamp": F("timestamp") - timedelta(seconds=5)}])
def test_a_device_row_that_is_not_its_newest_history_is_different(values: dict[str, Any]) -> None:
    send(Device("A", FIVE, battery_level=5), Device("A", FIVE + 60, battery_level=4), kind="device")
    consume()
    DeviceInfo.objects.update(**values)
    advance()
    assert counts(progress("device")) == {"checked": 2, "match": 1, "different": 1}
    (column,) = {difference[0] for difference in CheckFinding.objects.get().differences}
    assert column == f"t_device_info.{next(iter(values))}"


def test_a_device_row_from_before_there_was_a_history_is_left_alone() -> None:
    send(Device("A", FIVE, battery_level=5), kind="device")
    consume()
    DeviceInfo.objects.update(timestamp=F("timestamp") + timedelta(days=1), battery_level=80)
    assert DeviceInfoHistory.objects.count() == 1
    advance()
    assert found() == []
