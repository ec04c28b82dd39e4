"""One event, its readings, and the alert it raises."""

import json
from typing import Any

import pytest

from ingest.alerts import SEVERITY, dedup_key
from ingest.readers import event
from ingest.readers.event import Nested
from ingest.records import Event
from ingest.values import Impossible

NOW = 1789444800.0
FIVE = 1788339600
READING = {"heart_rate": 70}


def read(source: dict[str, Any], beside: dict[str, Any] | None = None) -> tuple[Event, Nested]:
    return event.read({"deviceSn": "A", "eventType": "X", **source}, beside=beside or {}, now=NOW)


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("com.tdtech.ohos.health.action.SOS_EVENT", "SOS_EVENT"),
        ("com.tdtech.ohos.action.WEAR_STATUS_CHANGED", "WEAR_STATUS_CHANGED"),
        ("SOS_EVENT", "SOS_EVENT"),
        (" SOS_EVENT ", "SOS_EVENT"),
        (".SOS_EVENT", "SOS_EVENT"),
        ("com.ljwx.watch.event.HEART_RATE_ABNORMAL", "HEART_RATE_ABNORMAL"),
        ("警报", "警报"),
    ],
)
def test_the_type_is_the_text_after_the_last_dot(sent: str, found: str) -> None:
    assert read({"eventType": sent})[0].event_type == found


@pytest.mark.parametrize("sent", [None, "", "  ", "com.example.", "commonEvent", "."])
def test_an_event_without_a_type_is_impossible(sent: Any) -> None:
    with pytest.raises(Impossible, match=r"^no event type$"):
        read({"eventType": sent})


@pytest.mark.parametrize(
    ("source", "field", "found"),
    [
        ({"action": "a.B", "eventType": None}, "event_type", "B"),
        ({"value": "1"}, "event_value", "1"),
        ({"eventValue": 120}, "event_value", "120"),
        ({"eventValue": 36.5}, "event_value", "36.5"),
        ({"eventValue": True}, "event_value", "true"),
        ({"eventValue": None}, "event_value", ""),
        ({"eventData": '{"severity": "medium"}'}, "event_value", '{"severity": "medium"}'),
        ({"eventData": {"severity": "medium"}}, "event_value", '{"severity":"medium"}'),
        ({"timestamp": "2026-09-02 17:00:00"}, "timestamp", FIVE),
        ({"eventTime": FIVE * 1000}, "timestamp", FIVE),
        ({"latitude": "0", "longitude": 0, "altitude": 0.0}, "latitude", None),
        ({"latitude": 31.5, "longitude": 121.0}, "latitude", 31.5),
        ({"customerId": "1900000000000000001"}, "customer_id", 1900000000000000001),
        ({"userId": "0"}, "user_id", None),
    ],
)
def test_the_fields_of_every_dialect_are_known(source: dict[str, Any], field: str, found: Any) -> None:
    assert getattr(read(source)[0], field) == found


@pytest.mark.parametrize("name", ["healthData", "heatlhData"])
@pytest.mark.parametrize("wrap", [lambda data: data, lambda data: {"data": data}, lambda data: {"data": [data]}])
@pytest.mark.parametrize("write", [lambda data: data, json.dumps])
def test_a_reading_is_found_however_it_is_wrapped(name: str, wrap: Any, write: Any) -> None:
    found, nested = read({name: write(wrap(READING)), "timestamp": FIVE})
    assert found.health == nested.records
    assert [(r.device_sn, r.timestamp, r.heart_rate, r.upload_method) for r in found.health] == [
        ("A", FIVE, 70, "common_event")
    ]


@pytest.mark.parametrize("content", [None, "", "null", "  "])
def test_an_event_may_carry_no_reading(content: Any) -> None:
    found, nested = read({"healthData": content})
    assert (found.health, nested.impossible) == ([], [])


def test_a_reading_keeps_its_own_serial_and_time() -> None:
    found, _ = read({"timestamp": FIVE, "healthData": {"data": {"deviceSn": "B", "timestamp": FIVE + 1}}})
    assert [(r.device_sn, r.timestamp) for r in found.health] == [("B", FIVE + 1)]


@pytest.mark.parametrize(
    ("source", "timestamp"),
    [
        ({"timestamp": FIVE, "healthData": {"data": {"timestamp": FIVE + 60}}}, FIVE),
        ({"healthData": {"data": {"timestamp": FIVE + 60}}}, FIVE + 60),
        ({"timestamp": "", "healthData": {"data": {"timestamp": FIVE + 60}}}, FIVE + 60),
        ({"healthData": {"data": {"heart_rate": 70}}}, int(NOW)),
        ({"healthData": {"data": {"heart_rate": 999, "timestamp": FIVE}}}, int(NOW)),
        ({}, int(NOW)),
    ],
)
def test_an_event_without_a_time_takes_its_readings_else_that_of_receipt(
    source: dict[str, Any], timestamp: int
) -> None:
    assert read(source)[0].timestamp == timestamp


def test_a_reading_takes_the_owners_of_its_event() -> None:
    found, _ = read({"customerId": "8", "healthData": {"orgId": "9", "data": {"userId": "10"}}})
    (reading,) = found.health
    assert (reading.customer_id, reading.org_id, reading.user_id) == (8, 9, 10)


def test_an_impossible_reading_does_not_spoil_its_event_or_its_neighbours() -> None:
    found, nested = read({"healthData": {"data": [{"heart_rate": 999}, READING, 7]}})
    assert [r.heart_rate for r in found.health] == [70]
    assert nested.impossible == [
        (("healthData", "data", 0), "implausible: heart_rate 999"),
        (("healthData", "data", 2), "not an object"),
    ]


@pytest.mark.parametrize("depth", [17, 100, 900])
def test_health_data_in_a_string_may_not_be_deeper_than_a_body(depth: int) -> None:
    found, nested = read({"healthData": '{"data":{"x":' + "[" * depth + "]" * depth + "}}"})
    assert (found.health, len(nested.impossible)) == ([], 1)


def test_the_severity_of_every_rule() -> None:
    assert SEVERITY == {
        "SOS_EVENT": "critical", "FALLDOWN_EVENT": "critical", "ONE_KEY_ALARM": "critical",
        "WEAR_STATUS_CHANGED": "high", "STRESS_HIGH_ALERT": "high", "SPO2_LOW_ALERT": "high",
        "HEARTRATE_HIGH_ALERT": "high", "HEARTRATE_LOW_ALERT": "high", "TEMPERATURE_HIGH_ALERT": "high",
        "TEMPERATURE_LOW_ALERT": "high", "PRESSURE_HIGH_ALERT": "high", "PRESSURE_LOW_ALERT": "high",
        "CALL_STATE": "medium", "BOOT_COMPLETED": "medium", "UI_SETTINGS_CHANGED": "low", "FUN_DOUBLE_CLICK": "low",
    }  # fmt: skip


def test_one_event_has_one_key_and_another_event_another() -> None:
    one = Event("A", "SOS_EVENT", FIVE, "1", latitude=31.5)
    assert dedup_key(one) == dedup_key(Event("A", "SOS_EVENT", FIVE, "1", customer_id=8))
    others = [
        Event("a", "SOS_EVENT", FIVE, "1"),
        Event("A", "ONE_KEY_ALARM", FIVE, "1"),
        Event("A", "SOS_EVENT", FIVE + 1, "1"),
        Event("A", "SOS_EVENT", FIVE, "2"),
        Event("AS", "OS_EVENT", FIVE, "1"),
    ]
    assert len({dedup_key(found) for found in [one, *others]}) == 6
