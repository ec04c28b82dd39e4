"""One state of a device."""

from typing import Any

import pytest

from ingest.readers import device
from ingest.records import Device
from ingest.values import Impossible

NOW = 1789444800.0


def read(source: dict[str, Any], beside: dict[str, Any] | None = None) -> Device:
    return device.read({"SerialNumber": "A", **source}, beside=beside or {}, now=NOW)


@pytest.mark.parametrize(
    ("field", "names", "sent", "found"),
    [
        ("system_software_version", ["System Software Version", "system_version", "firmwareVersion"], "4.0", "4.0"),
        ("device_name", ["Device Name", "device_name", "deviceName"], " WATCH 4 ", "WATCH 4"),
        ("wifi_address", ["Wifi Address", "wifi_address"], "02:00", "02:00"),
        ("bluetooth_address", ["Bluetooth Address", "bluetooth_address"], "02:01", "02:01"),
        ("ip_address", ["IP Address", "ip_address"], "10.0.0.7\nfe80::1", "10.0.0.7"),
        ("network_access_mode", ["Network Access Mode", "network_mode"], 2, "4g"),
        ("imei", ["IMEI", "imei"], 860000000000001, "860000000000001"),
        ("battery_level", ["batteryLevel", "battery_level"], "85%", 85),
        ("voltage", ["voltage"], "4012", 4012),
        ("charging_status", ["chargingStatus", "charging_status"], "ENABLE", "CHARGING"),
        ("status", ["status"], "online", "ACTIVE"),
        ("wearable_status", ["wearState", "wear_state"], "1", "WORN"),
        ("customer_id", ["customer_id", "customerId"], "1900000000000000001", 1900000000000000001),
        ("timestamp", ["timestamp", "cjsj", "create_time"], "2026-09-02 17:00:00", 1788339600),
    ],
)
def test_every_name_of_a_field_is_known(field: str, names: list[str], sent: Any, found: Any) -> None:
    for name in names:
        assert getattr(read({name: sent}), field) == found


@pytest.mark.parametrize("name", ["SerialNumber", "serial_number", "deviceSn"])
def test_every_name_of_the_serial_is_known(name: str) -> None:
    assert device.read({name: " B "}, beside={}, now=NOW).serial_number == "B"


@pytest.mark.parametrize(
    ("field", "name", "sent", "found"),
    [
        *(("network_access_mode", "network_mode", sent, found) for sent, found in
          ((1, "wifi"), ("1", "wifi"), (2, "4g"), ("3", "bluetooth"), ("WIFI", "wifi"), ("5G", "5g"), (9, "9"),
           ("", None))),
        *(("battery_level", "batteryLevel", sent, found) for sent, found in
          ((63, 63), ("85", 85), ("85%", 85), (" 85 % ", 85), ("85.0", 85), (0, 0), (100, 100), ("", None),
           ("%", None))),
        *(("charging_status", "chargingStatus", sent, found) for sent, found in
          (("NONE", "NOT_CHARGING"), ("ENABLE", "CHARGING"), ("DISABLE", "NOT_CHARGING"), ("CHARGING", "CHARGING"),
           ("charging", "CHARGING"), ("", None), (None, None))),
        *(("status", "status", sent, found) for sent, found in
          (("ACTIVE", "ACTIVE"), ("INACTIVE", "INACTIVE"), ("online", "ACTIVE"), ("Online", "ACTIVE"),
           ("offline", "INACTIVE"), ("whatever", "INACTIVE"), ("", None))),
        *(("wearable_status", "wearState", sent, found) for sent, found in
          ((0, "NOT_WORN"), (1, "WORN"), ("0", "NOT_WORN"), ("1", "WORN"), (True, "WORN"), (False, "NOT_WORN"),
           ("WORN", "WORN"), ("", None), (None, None))),
        *(("ip_address", "IP Address", sent, found) for sent, found in
          (("10.0.0.7", "10.0.0.7"), ("\n\n 10.0.0.7 \nfe80::1", "10.0.0.7"), ("10.0.0.7\r\nfe80::1", "10.0.0.7"),
           ("", None), ("\n", None))),
        *(("voltage", "voltage", sent, found) for sent, found in ((3995, 3995), ("4012", 4012), (0, 0), ("", None))),
    ],
)  # fmt: skip
def test_a_word_of_the_wire_becomes_the_word_of_the_table(field: str, name: str, sent: Any, found: Any) -> None:
    assert getattr(read({name: sent}), field) == found


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({"SerialNumber": "UNKNOWN_DEVICE"}, "no serial: UNKNOWN_DEVICE"),
        ({"SerialNumber": " UNKNOWN_DEVICE "}, "no serial: UNKNOWN_DEVICE"),
        ({"SerialNumber": None}, "no serial"),
        ({"SerialNumber": ""}, "no serial"),
        ({"batteryLevel": 101}, "implausible: battery_level 101"),
        ({"batteryLevel": "-1%"}, "implausible: battery_level -1"),
        ({"wearState": 2}, "implausible: wear_state 2"),
        ({"voltage": -1}, "implausible: voltage -1"),
        ({"Network Access Mode": "n" * 17}, f"implausible: network_access_mode {'n' * 17}"),
        ({"Device Name": "n" * 256}, "implausible: device_name is longer than 255 characters"),
        ({"timestamp": "soon"}, "timestamp: soon is no time"),
    ],
)
def test_a_state_that_can_not_be_is_impossible(source: dict[str, Any], reason: str) -> None:
    with pytest.raises(Impossible) as error:
        read(source)
    assert str(error.value) == reason


def test_a_state_without_a_time_takes_that_of_receipt() -> None:
    assert read({}).timestamp == read({"timestamp": ""}).timestamp == int(NOW)


def test_owners_beside_data_are_taken() -> None:
    assert read({}, beside={"customerId": 8, "orgId": "0"}).customer_id == 8
