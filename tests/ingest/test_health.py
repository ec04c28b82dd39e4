"""One reading: names, units, and what "not measured" is."""

import json
from typing import Any

import msgspec
import pytest

from ingest.readers import health
from ingest.records import Health
from ingest.values import Impossible

NOW = 1789444800.0
TIME = "2026-09-02 17:00:00"


def read(source: dict[str, Any], beside: dict[str, Any] | None = None, **given: Any) -> Health:
    return health.read({"deviceSn": "A", "timestamp": TIME, **source}, beside=beside or {}, now=NOW, **given)


@pytest.mark.parametrize(
    ("field", "names", "sent", "found"),
    [
        ("device_sn", ["device_sn", "deviceSn", "id", "device_id", "serialNumber", "SerialNumber"], " B ", "B"),
        ("timestamp", ["timestamp", "cjsj", "create_time"], "1788339601", 1788339601),
        ("heart_rate", ["heart_rate", "heartRate", "xlv"], "72", 72),
        ("blood_oxygen", ["blood_oxygen", "bloodOxygen", "xy"], "98", 98),
        ("temperature", ["temperature", "body_temperature", "bodyTemperature", "tw"], "37.1", 37.1),
        ("pressure_high", ["pressure_high", "blood_pressure_systolic", "pressureHigh", "gxy"], "120", 120),
        ("pressure_low", ["pressure_low", "blood_pressure_diastolic", "pressureLow", "dxy"], "80", 80),
        ("stress", ["stress", "yl"], "40", 40),
        ("step", ["step", "bs", "steps"], "1234", 1234),
        ("distance", ["distance", "jl"], "754.0", 754.0),
        ("calorie", ["calorie", "rl"], "45615.0", 45615.0),
        ("latitude", ["latitude", "wd"], "31.14505564403376", 31.14505564403376),
        ("longitude", ["longitude", "jd"], "121.14877354661755", 121.14877354661755),
        ("altitude", ["altitude", "hb"], "4.5", 4.5),
        ("upload_method", ["upload_method", "uploadMethod"], "bluetooth", "bluetooth"),
        ("customer_id", ["customer_id", "customerId"], "1900000000000000001", 1900000000000000001),
        ("org_id", ["org_id", "orgId"], 1900000000000000011, 1900000000000000011),
        ("user_id", ["user_id", "userId"], "21", 21),
        ("sleep_data", ["sleep_data", "sleepData", "smData"], '{"a":1}', '{"a":1}'),
        ("exercise_daily_data", ["exercise_daily_data", "exerciseDailyData", "ydData"], {"a": 1}, '{"a":1}'),
        ("exercise_week_data", ["exercise_week_data", "exerciseWeekData", "exerciseDailyWeekData", "ydWeekData"],
         "[1]", "[1]"),
        ("scientific_sleep_data", ["scientific_sleep_data", "scientificSleepData", "kxsmData"], "{}", "{}"),
        ("workout_data", ["workout_data", "workoutData"], "{}", "{}"),
    ],
)  # fmt: skip
def test_the_first_name_that_is_present_and_not_null_wins(field: str, names: list[str], sent: Any, found: Any) -> None:
    for index, name in enumerate(names):
        source = {"deviceSn": "A", "timestamp": TIME}
        if field == "device_sn":
            del source["deviceSn"]
        if field == "timestamp":
            del source["timestamp"]
        earlier = dict.fromkeys(names[:index])
        later = dict.fromkeys(names[index + 1 :], "not even looked at")
        record = health.read({**source, **earlier, name: sent, **later}, beside={}, now=NOW)
        assert getattr(record, field) == found


@pytest.mark.parametrize(
    "field", ["heart_rate", "blood_oxygen", "temperature", "pressure_high", "pressure_low", "stress"]
)
@pytest.mark.parametrize("value", [0, "0", "0.0", 0.0, "", None, -0.0])
def test_zero_is_stored_as_not_measured(field: str, value: Any) -> None:
    assert getattr(read({field: value}), field) is None


@pytest.mark.parametrize(("field", "zero"), [("step", 0), ("distance", 0.0), ("calorie", 0.0)])
def test_zero_steps_are_a_real_value(field: str, zero: float) -> None:
    assert getattr(read({field: "0"}), field) == zero
    assert getattr(read({field: ""}), field) is None
    assert getattr(read({}), field) is None


@pytest.mark.parametrize(
    ("position", "found"),
    [
        ({"latitude": "0", "longitude": "0", "altitude": "0"}, (None, None, None)),
        ({"latitude": 0, "longitude": 0.0}, (None, None, None)),
        ({}, (None, None, None)),
        ({"latitude": "", "longitude": "", "altitude": ""}, (None, None, None)),
        ({"latitude": "31.5", "longitude": "121.0", "altitude": "0"}, (31.5, 121.0, 0.0)),
        ({"latitude": "31.5", "longitude": "121.0"}, (31.5, 121.0, None)),
        ({"latitude": "0", "longitude": "121.0", "altitude": "0"}, (0.0, 121.0, 0.0)),
        ({"latitude": -90, "longitude": -180, "altitude": -400}, (-90.0, -180.0, -400.0)),
    ],
)
def test_a_position_of_zeros_is_no_fix_and_is_never_invented(position: dict[str, Any], found: Any) -> None:
    record = read(position)
    assert (record.latitude, record.longitude, record.altitude) == found


@pytest.mark.parametrize(
    ("sent", "method"),
    [("wifi", "wifi"), ("Bluetooth", "bluetooth"), ("common_event", "common_event"), ("esim", "esim"), ("4g", "esim"),
     ("4G", "esim"), (" cellular ", "esim"), ("system_event", "wifi"), ("", "wifi"), (None, "wifi"),
     (7, "wifi"), ([], "wifi")],
)  # fmt: skip
def test_an_unknown_way_of_sending_is_wifi(sent: Any, method: str) -> None:
    assert read({"upload_method": sent}).upload_method == method


@pytest.mark.parametrize("sent", [None, "", "absent"])
def test_a_reading_without_a_time_takes_that_of_receipt(sent: Any) -> None:
    source = {"deviceSn": "A"} if sent == "absent" else {"deviceSn": "A", "timestamp": sent}
    assert health.read(source, beside={}, now=NOW + 0.9).timestamp == int(NOW)


def test_owners_beside_data_are_taken_where_the_reading_has_none() -> None:
    record = read(
        {"customerId": "0", "orgId": "12"}, beside={"customer_id": "1900000000000000001", "orgId": 11, "userId": ""}
    )
    assert (record.customer_id, record.org_id, record.user_id) == (1900000000000000001, 12, None)


@pytest.mark.parametrize("name", ["deviceSn", "timestamp", "heart_rate"])
def test_only_owners_are_taken_from_beside_data(name: str) -> None:
    beside = {"deviceSn": "B", "timestamp": "2026-01-01 00:00:00", "heart_rate": 99}
    record = read({}, beside=beside)
    assert (record.device_sn, record.timestamp, record.heart_rate) == ("A", 1788339600, None)
    with pytest.raises(Impossible, match=r"^no serial$"):
        health.read({"heart_rate": 70}, beside=beside, now=NOW)


def test_a_nested_reading_takes_what_its_event_knows() -> None:
    record = health.read(
        {"heart_rate": 70, "upload_method": "4g"},
        beside={},
        now=NOW,
        device_sn="E",
        timestamp=1788339600,
        upload_method="common_event",
    )
    assert (record.device_sn, record.timestamp, record.upload_method) == ("E", 1788339600, "common_event")
    own = read({}, device_sn="E", timestamp=1, upload_method="common_event")
    assert (own.device_sn, own.timestamp) == ("A", 1788339600)


@pytest.mark.parametrize(
    ("data", "hours"),
    [
        ({"data": [{"startTimeStamp": 1788365160000, "endTimeStamp": 1788379080000}]}, 3.87),
        ({"data": [{"startTimeStamp": 1788365160000, "endTimeStamp": 1788379080000}] * 2}, 7.73),
        ([{"startTimeStamp": 1788336000000, "endTimeStamp": 1788339600000}], 1.0),
        ({"duration": 480}, 8.0),
        ({"duration": 100.5}, 1.68),
        ({"duration": 0}, None),
        ({"duration": -5}, None),
        ({"duration": 1441}, None),
        ({"duration": True}, None),
        ({"duration": "480"}, None),
        ({"duration": 10**400}, None),
        ({"duration": -(10**400)}, None),
        ({"data": []}, None),
        ({"data": None}, None),
        ({"data": "x"}, None),
        ({"data": [1, None, "x", [], {}, {"startTimeStamp": 1}]}, None),
        ({"data": [{"startTimeStamp": 2, "endTimeStamp": 1}]}, None),
        ({"data": [{"startTimeStamp": 1, "endTimeStamp": 10**400}]}, None),
        ({"data": [{"startTimeStamp": 0, "endTimeStamp": 3600000}]}, None),
        ({"data": [{"startTimeStamp": True, "endTimeStamp": 3600000}]}, None),
        ({"data": [{"startTimeStamp": 1, "endTimeStamp": 25 * 3600000}]}, None),
        ({}, None),
        ([], None),
    ],
)
def test_hours_slept_are_the_sum_of_spans_or_a_duration_within_a_day(data: Any, hours: float | None) -> None:
    assert health.sleep_hours(json.dumps(data)) == hours
    assert read({"sleepData": data}).sleep == hours


@pytest.mark.parametrize("serial", [None, "", "  ", "null"])
def test_a_reading_without_a_serial_is_impossible(serial: Any) -> None:
    with pytest.raises(Impossible, match=r"^no serial"):
        read({"deviceSn": serial})


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({"heart_rate": 999}, "implausible: heart_rate 999"),
        ({"heartRate": "301"}, "implausible: heart_rate 301"),
        ({"blood_oxygen": 101}, "implausible: blood_oxygen 101"),
        ({"tw": "46"}, "implausible: temperature 46"),
        ({"temperature": 19.9}, "implausible: temperature 19.9"),
        ({"temperature": -1}, "implausible: temperature -1"),
        ({"gxy": 351}, "implausible: pressure_high 351"),
        ({"dxy": "351"}, "implausible: pressure_low 351"),
        ({"yl": 101}, "implausible: stress 101"),
        ({"steps": -1}, "implausible: step -1"),
        ({"latitude": 90.0001}, "implausible: latitude 90.0001"),
        ({"jd": "-180.0001"}, "implausible: longitude -180.0001"),
        ({"heart_rate": "fast"}, "implausible: heart_rate fast"),
        ({"heart_rate": [1]}, "implausible: heart_rate [1]"),
        ({"heart_rate": "9" * 100}, f"implausible: heart_rate {'9' * 40}"),
        ({"heart_rate": "7\n5\x1b[31m"}, "implausible: heart_rate 7?5?[31m"),
    ],
)
def test_the_reason_names_the_field_and_the_value(source: dict[str, Any], reason: str) -> None:
    with pytest.raises(Impossible) as error:
        read(source)
    assert str(error.value) == reason


def test_a_record_is_the_same_after_a_stream() -> None:
    record = read({"heart_rate": 70, "temperature": "36.6", "sleepData": {"a": 1}, "userId": 2**63 - 1})
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=Health) == record
