"""Hostile and odd uploads, and what must become of each.

`RECORDS`: one element between two good ones: stored, or kept with its reason, and its neighbours stored.
`BODIES`: whole requests. `NESTED`: what an event carries as `healthData`.
"""

import json
from dataclasses import dataclass
from typing import Any

EVERY = ("health", "device", "event")
STORED = ""
MOMENT = '"2026-09-02 17:00:00"'

# Raw JSON of the members of an ordinary element.
ORDINARY = {
    "health": {"heart_rate": "70"},
    "device": {"batteryLevel": "50"},
    "event": {"eventType": '"BUTTON_EVENT"', "eventValue": '"1"'},
}


def element(kind: str, members: dict[str, str | None], serial: str = "ODD") -> str:
    """An element of `kind` as JSON text; a member that is None is left out."""
    everything = {"deviceSn": f'"{serial}"', "timestamp": MOMENT, **ORDINARY[kind], **members}
    return "{" + ",".join(f'"{name}":{raw}' for name, raw in everything.items() if raw is not None) + "}"


@dataclass(frozen=True, slots=True)
class Record:
    """An element of each of `kinds`: `members` replace those of an ordinary one. `reason`: how its dead letter's
    reason begins, STORED when it must be stored."""

    name: str
    members: dict[str, str | None]
    reason: str = STORED
    kinds: tuple[str, ...] = EVERY


@dataclass(frozen=True, slots=True)
class Body:
    """A whole request: what is answered, how many elements are stored, and how each reason begins."""

    name: str
    body: bytes
    status: int = 200
    accepted: int = 0
    reasons: tuple[str, ...] = ()
    content_type: str = "application/json"
    kinds: tuple[str, ...] = EVERY


@dataclass(frozen=True, slots=True)
class Nested:
    """An event's `healthData` as JSON text: the event is stored whatever it is."""

    name: str
    content: str
    readings: int = 0
    reasons: tuple[str, ...] = ()


def quoted(content: str) -> str:
    """JSON text as a JSON string."""
    return json.dumps(content)


def deep(depth: int, opening: str = "[", closing: str = "]") -> str:
    return opening * depth + closing * depth


HUGE = "9" * 25
ENORMOUS = "1" + "0" * 400
BEYOND_PYTHON = "9" * 5_000

SERIALS = [
    Record("no serial", {"deviceSn": None}, "no serial"),
    Record("a null serial", {"deviceSn": "null"}, "no serial"),
    Record("an empty serial", {"deviceSn": '""'}, "no serial"),
    Record("a serial of spaces", {"deviceSn": '"  \\t "'}, "no serial"),
    Record("a serial of 64 characters", {"deviceSn": f'"{"S" * 64}"'}),
    Record("a serial of 64 characters within spaces", {"deviceSn": f'"  {"S" * 64}  "'}),
    Record("a serial of 65 characters", {"deviceSn": f'"{"S" * 65}"'}, "implausible: device_sn"),
    Record("a serial of 64 letters that decompose", {"deviceSn": quoted("e\u0301" * 64)}),
    Record("a serial of 64 characters of four bytes", {"deviceSn": f'"{"🦊" * 64}"'}),
    Record("a serial in Chinese", {"deviceSn": '"设备001"'}),
    Record("a serial that is HTML", {"deviceSn": '"<script>alert(1)</script>"'}),
    Record("a serial that is SQL", {"deviceSn": '"\'; DROP TABLE t_user_health_data; -- %s %(x)s"'}),
    Record("a serial that is a template", {"deviceSn": '"{{ 7 * 7 }}{% debug %}"'}),
    Record("a serial with newlines", {"deviceSn": '"A\\r\\nSet-Cookie: x"'}),
    Record("a serial with a zero-width space", {"deviceSn": '"O\u200bDD"'}),
    Record("a serial with a direction mark", {"deviceSn": '"A\u202eB"'}),
    Record("a serial with a bell", {"deviceSn": '"A\\u0007"'}),
    Record("a serial that is a whole number", {"deviceSn": "123456789012345"}),
    Record("a serial with NUL", {"deviceSn": '"A\\u0000B"'}, "implausible: device_sn"),
    Record("a serial with a lone high surrogate", {"deviceSn": '"A\\ud800"'}, "implausible: device_sn"),
    Record("a serial with a lone low surrogate", {"deviceSn": '"\\udc00A"'}, "implausible: device_sn"),
    Record("a serial in escaped surrogates that pair", {"deviceSn": '"\\ud83e\\udd8a"'}),
    Record("a serial of 25 digits", {"deviceSn": HUGE}, "implausible: device_sn"),
    Record("a serial of 401 digits", {"deviceSn": ENORMOUS}, "implausible: device_sn"),
    Record("a serial of 5,000 digits", {"deviceSn": BEYOND_PYTHON}, "implausible: device_sn"),
    Record("a serial with a fraction", {"deviceSn": "1.5"}, "implausible: device_sn"),
    Record("a serial beyond a double", {"deviceSn": "1e999"}, "implausible: device_sn"),
    Record("a serial that is true", {"deviceSn": "true"}, "implausible: device_sn"),
    Record("a serial that is a list", {"deviceSn": '["A"]'}, "implausible: device_sn"),
    Record("a serial that is an object", {"deviceSn": '{"$ne":null}'}, "implausible: device_sn"),
]

# Times are told by name and reason; test_times has every format.
TIMES = [
    Record("no time", {"timestamp": None}),
    Record("a null time", {"timestamp": "null"}),
    Record("an empty time", {"timestamp": '""'}),
    Record("a time 24 hours ahead", {"timestamp": '"2026-09-16 12:00:00"'}),
    Record("a time 25 hours ahead", {"timestamp": '"2026-09-16 13:00:00"'}, "timestamp: year 2026 is in the future"),
    Record("the year 2105", {"timestamp": '"2105-01-01 00:00:00"'}, "timestamp: year 2105 is in the future"),
    Record("the year 9999", {"timestamp": '"9999-12-31T23:59:59-23:59"'}, "timestamp:"),
    Record("the year 1", {"timestamp": '"0001-01-01T00:00:00+23:59"'}, "timestamp:"),
    Record("the year 2014", {"timestamp": '"2014-12-31 23:59:59"'}, "timestamp: year 2014"),
    Record("the first second of 2015", {"timestamp": '"2015-01-01 00:00:00"'}),
    Record("an epoch in seconds", {"timestamp": "1788339600"}),
    Record("an epoch in milliseconds", {"timestamp": "1788339600123"}),
    Record("an epoch in milliseconds, as text", {"timestamp": '"1788339600123"'}),
    Record("an epoch with a fraction", {"timestamp": "1788339600.75"}),
    Record("an epoch in milliseconds as a float", {"timestamp": "1.788339600123e12"}),
    Record("an epoch of 11 digits", {"timestamp": "17883396001"}, "timestamp:"),
    Record("an epoch of 12 digits", {"timestamp": "178833960012"}, "timestamp:"),
    Record("an epoch of 14 digits", {"timestamp": "17883396001234"}, "timestamp:"),
    Record("an epoch of 10 digits before 2015", {"timestamp": "1400000000"}, "timestamp: year 2014"),
    Record("the epoch zero", {"timestamp": "0"}, "timestamp:"),
    Record("a negative epoch", {"timestamp": "-1788339600"}, "timestamp:"),
    Record("a negative epoch of ten characters", {"timestamp": '"-788339600"'}, "timestamp:"),
    Record("an epoch of 401 digits", {"timestamp": ENORMOUS}, "timestamp:"),
    Record("an epoch beyond a double", {"timestamp": "1e999"}, "timestamp:"),
    Record("30 February", {"timestamp": '"2026-02-30 12:00:00"'}, "timestamp:"),
    Record("24 o'clock", {"timestamp": '"2026-09-02 24:00:00"'}, "timestamp:"),
    Record("a leap second", {"timestamp": '"2016-12-31 23:59:60"'}, "timestamp:"),
    Record("a day and month without zeros", {"timestamp": '"2026-9-2 17:00:00"'}, "timestamp:"),
    Record("a date with slashes", {"timestamp": '"2026/09/02 17:00:00"'}, "timestamp:"),
    Record("a time in Chinese digits", {"timestamp": '"２０２６-09-02 17:00:00"'}, "timestamp:"),
    Record("words for a time", {"timestamp": '"yesterday"'}, "timestamp:"),
    Record("a time with NUL", {"timestamp": '"2026-09-02 17:00:00\\u0000"'}, "timestamp:"),
    Record("a time with a lone surrogate", {"timestamp": '"2026-09-02 17:00:00\\ud800"'}, "timestamp:"),
    Record("a time that is true", {"timestamp": "true"}, "timestamp:"),
    Record("a time that is a list", {"timestamp": "[2026,9,2]"}, "timestamp:"),
    Record("a time that is an object", {"timestamp": '{"$date":1788339600000}'}, "timestamp:"),
]

IDS = [
    Record("an owner of 19 digits", {"customerId": "1900000000000000001", "orgId": '"1900000000000000011"'}),
    Record("the largest owner", {"userId": str(2**63 - 1)}),
    Record("owners unknown in every way", {"customerId": '"0"', "orgId": '""', "userId": "null"}),
    Record("an owner beyond 64 bits", {"userId": str(2**63)}, "implausible: user_id"),
    Record("an owner beyond 64 bits, as text", {"userId": f'"{2**63}"'}, "implausible: user_id"),
    Record("an owner of 25 digits", {"orgId": HUGE}, "implausible: org_id"),
    Record("an owner of 401 digits, as text", {"orgId": f'"{ENORMOUS}"'}, "implausible: org_id"),
    Record("an owner of 5,000 digits", {"orgId": BEYOND_PYTHON}, "implausible: org_id"),
    Record("a negative owner", {"customerId": "-1"}, "implausible: customer_id"),
    Record("an owner with a fraction", {"customerId": "8.5"}, "implausible: customer_id"),
    Record("an owner in letters", {"customerId": '"abc"'}, "implausible: customer_id"),
    Record("an owner in Arabic digits", {"customerId": '"١٢"'}, "implausible: customer_id"),
    Record("an owner that is true", {"customerId": "true"}, "implausible: customer_id"),
    Record("an owner that is a list", {"customerId": "[8]"}, "implausible: customer_id"),
]

POSITIONS = [
    Record(f"{name} {raw}", {name: raw}, reason, ("health", "event"))
    for name, raw, reason in (
        ("latitude", "90", STORED),
        ("latitude", '"-90.0"', STORED),
        ("latitude", "90.0001", "implausible: latitude"),
        ("latitude", '"-90.0001"', "implausible: latitude"),
        ("longitude", "180", STORED),
        ("longitude", "-180.0001", "implausible: longitude"),
        ("longitude", '"NaN"', "implausible: longitude"),
        ("altitude", '"-Infinity"', "implausible: altitude"),
        ("altitude", "1e999", "implausible: altitude"),
        ("altitude", "true", "implausible: altitude"),
        ("latitude", "[31.5]", "implausible: latitude"),
        ("latitude", '"31,5"', "implausible: latitude"),
        ("latitude", '"31.145055644033761"', STORED),
    )
]

UNKNOWN_MEMBERS = [
    Record("an unknown member", {"brandNewMetric": '{"a":[1,2,3]}'}),
    Record("an unknown member beyond a double", {"brandNewMetric": "1e999"}),
    Record("an unknown member of 401 digits", {"brandNewMetric": ENORMOUS}),
    Record("an unknown member with a lone surrogate", {"brandNewMetric": '"\\ud800"'}),
    Record("an unknown member named by a lone surrogate", {"\\udfff": "1"}),
    Record("an unknown member with NUL", {"brand\\u0000": '"\\u0000"'}),
    Record("an unknown member 13 levels deep", {"brandNewMetric": deep(13)}),
    Record("an empty name", {"": "1"}),
    Record("a name of the language", {"__proto__": '{"polluted":true}', "__class__": '"x"'}),
    Record("a repeated name, of which the last counts", {"customerId": '"wrong","customerId":"8"'}),
    Record("a repeated name, of which the last is wrong", {"customerId": '"8","customerId":"wrong"'},
           "implausible: customer_id"),
]  # fmt: skip

# metric: the largest and the smallest that can be, and just beyond
BOUNDS = {
    "heart_rate": ("300", "301", "0", "-1"),
    "blood_oxygen": ("100", "101", "0", "-1"),
    "temperature": ("45", "45.1", "20", "19.9"),
    "pressure_high": ("350", "351", "0", "-1"),
    "pressure_low": ("350", "351", "0", "-1"),
    "stress": ("100", "101", "0", "-1"),
    "step": ("2147483647", "2147483648", "0", "-1"),
}
METRICS = [
    Record(f"{name} {shown}", {name: shown}, reason, ("health",))
    for name, (most, above, least, below) in BOUNDS.items()
    for raw, reason in (
        (most, STORED),
        (least, STORED),
        (above, f"implausible: {name} {above}"),
        (below, f"implausible: {name} {below}"),
    )
    for shown in (raw, f'"{raw}"')
] + [
    Record(f"{name} {raw[:30]}", {name: raw}, reason if reason is STORED else f"implausible: {name}", ("health",))
    for name in (*BOUNDS, "distance", "calorie")
    for raw, reason in (
        ("null", STORED),
        ('""', STORED),
        ("-0", STORED),
        ('"-0.0"', STORED),
        ('"NaN"', "implausible"),
        ('"Infinity"', "implausible"),
        ("1e999", "implausible"),
        (HUGE, "implausible"),
        (ENORMOUS, "implausible"),
        ('"0x4b"', "implausible"),
        ('"７５"', "implausible"),
        ('"75 bpm"', "implausible"),
        ('"7\\u00005"', "implausible"),
        ('"\\ud800"', "implausible"),
        ("true", "implausible"),
        ("[75]", "implausible"),
        ('{"value":75}', "implausible"),
    )
]  # fmt: skip

METHODS = [
    Record(f"upload_method {raw[:30]}", {"upload_method": raw}, STORED, ("health",))
    for raw in ('"CELLULAR"', '"system_event"', '"\\ud800"', '"\\u0000"', "null", "7", "[]", f'"{"x" * 5_000}"')
]

NESTED_NAMES = ("sleepData", "exerciseDailyData", "exerciseWeekData", "scientificSleepData", "workoutData")
NESTED_DATA = [
    Record(f"{name} {label}", {name: raw}, reason, ("health",))
    for name in NESTED_NAMES
    for label, raw, reason in (
        ("the word null", '"null"', STORED),
        ("an empty object", "{}", STORED),
        ("not JSON", '"{broken"', "implausible"),
        ("true", "true", "implausible"),
        ("a number", "42", "implausible"),
    )
] + [
    Record(f"sleepData {label}", {"sleepData": raw}, reason, ("health",))
    for label, raw, reason in (
        ("a string in a string", quoted('"text"'), "implausible: sleep_data"),
        ("a number in a string", quoted("5"), "implausible: sleep_data"),
        ("NaN in a string", quoted('{"a":NaN}'), "implausible: sleep_data"),
        ("an escaped NUL in a string", quoted('{"a":"\\u0000"}'), STORED),
        ("NUL in a string", '"{\\"a\\":\\"\\u0000\\"}"', "implausible: sleep_data"),
        ("a lone surrogate in a string", quoted('{"a":"\\ud800"}'), "implausible: sleep_data"),
        ("a lone surrogate in an object", '{"a":"\\ud800"}', "implausible: sleep_data"),
        ("a name that is a lone surrogate", '{"\\ud800":1}', "implausible: sleep_data"),
        ("16 levels in a string", quoted(deep(16)), STORED),
        ("17 levels in a string", quoted(deep(17)), "implausible: sleep_data"),
        ("100 levels in a string", quoted(deep(100)), "implausible: sleep_data"),
        ("100,000 levels in a string", quoted(deep(100_000)), "implausible: sleep_data"),
        ("25,000 levels of objects in a string", quoted('{"a":' * 25_000 + "1" + "}" * 25_000),
         "implausible: sleep_data"),
        ("a duration of 401 digits", f'{{"duration":{ENORMOUS}}}', STORED),
        ("a duration of 401 digits in a string", quoted(f'{{"duration":{ENORMOUS}}}'), STORED),
        ("spans that are no spans", '{"data":[1,"x",null,[],{},{"startTimeStamp":"a","endTimeStamp":{}}]}', STORED),
        ("a span of a thousand years", '{"data":[{"startTimeStamp":1,"endTimeStamp":99999999999999}]}', STORED),
        ("a span that ends before it starts", '{"data":[{"startTimeStamp":2,"endTimeStamp":1}]}', STORED),
        ("a duration that is not a number", '{"duration":"long"}', STORED),
        ("characters of four bytes", '{"a":"🦊","b":"设备"}', STORED),
        ("repeated names in a string", quoted('{"a":1,"a":2}'), STORED),
    )
]  # fmt: skip

STATES = [
    Record(f"{name} {raw[:40]}", {"batteryLevel": None, name: raw}, reason, ("device",))
    for name, raw, reason in (
        ("batteryLevel", "100", STORED),
        ("batteryLevel", '"100%"', STORED),
        ("batteryLevel", '"%"', STORED),
        ("batteryLevel", "101", "implausible: battery_level"),
        ("batteryLevel", '"101%"', "implausible: battery_level"),
        ("batteryLevel", "-1", "implausible: battery_level"),
        ("batteryLevel", '"full"', "implausible: battery_level"),
        ("batteryLevel", "[63]", "implausible: battery_level"),
        ("voltage", "-1", "implausible: voltage"),
        ("voltage", '"4 V"', "implausible: voltage"),
        ("voltage", ENORMOUS, "implausible: voltage"),
        ("voltage", "{}", "implausible: voltage"),
        ("wearState", "true", STORED),
        ("wearState", '"1"', STORED),
        ("wearState", "2", "implausible: wear_state"),
        ("wearState", "[]", "implausible: wear_state"),
        ("status", '"asleep"', STORED),
        ("status", "[]", "implausible: status"),
        ("chargingStatus", '"SOMETHING"', STORED),
        ("chargingStatus", "{}", "implausible: charging_status"),
        ("Network Access Mode", "9", STORED),
        ("Network Access Mode", f'"{"n" * 17}"', "implausible: network_access_mode"),
        ("Network Access Mode", "[]", "implausible: network_access_mode"),
        ("IP Address", '"\\n\\n"', STORED),
        ("IP Address", f'"{"1" * 65}"', "implausible: ip_address"),
        ("IP Address", '["10.0.0.1"]', "implausible: ip_address"),
        ("Device Name", f'"{"设" * 255}"', STORED),
        ("Device Name", f'"{"n" * 256}"', "implausible: device_name"),
        ("Device Name", '"a\\u0000b"', "implausible: device_name"),
        ("Device Name", '"\\ud800"', "implausible: device_name"),
        ("Device Name", "false", "implausible: device_name"),
        ("IMEI", "860000000000001", STORED),
        ("IMEI", f'"{"8" * 33}"', "implausible: imei"),
        ("Wifi Address", "{}", "implausible: wifi_address"),
        ("Bluetooth Address", "1.5", "implausible: bluetooth_address"),
        ("System Software Version", "[]", "implausible: system_software_version"),
    )
] + [Record("the serial UNKNOWN_DEVICE", {"deviceSn": '"UNKNOWN_DEVICE"'}, "no serial", ("device",))]

EVENTS = [
    Record(f"{name} {raw[:40]} ({len(raw)})", {name: raw}, reason, ("event",))
    for name, raw, reason in (
        ("eventType", '"com.example.SOMETHING_NEW"', STORED),
        ("eventType", '"警报.摔倒"', STORED),
        ("eventType", f'"{"T" * 64}"', STORED),
        ("eventType", "null", "no event type"),
        ("eventType", '""', "no event type"),
        ("eventType", '"com.example."', "no event type"),
        ("eventType", '"commonEvent"', "no event type"),
        ("eventType", f'"{"T" * 65}"', "implausible: event_type"),
        ("eventType", f'"{"com." * 100}SOS_EVENT"', "implausible: event_type"),
        ("eventType", "[]", "implausible: event_type"),
        ("eventType", "true", "implausible: event_type"),
        ("eventType", '"SOS\\u0000"', "implausible: event_type"),
        ("eventType", '"SOS\\ud800"', "implausible: event_type"),
        ("eventValue", "null", STORED),
        ("eventValue", "true", STORED),
        ("eventValue", "120", STORED),
        ("eventValue", "36.6", STORED),
        ("eventValue", '{"severity":"high","values":[1,2]}', STORED),
        ("eventValue", f'"{"值" * 16_000}"', STORED),
        ("eventValue", f'"{"v" * 16_001}"', "implausible: event_value"),
        ("eventValue", '"a\\u0000b"', "implausible: event_value"),
        ("eventValue", '"\\ud800"', "implausible: event_value"),
        ("eventValue", '{"a":"\\ud800"}', "implausible: event_value"),
        ("eventValue", HUGE, "implausible: event_value"),
    )
]

RECORDS = [
    *SERIALS,
    *TIMES,
    *IDS,
    *POSITIONS,
    *UNKNOWN_MEMBERS,
    *METRICS,
    *METHODS,
    *NESTED_DATA,
    *STATES,
    *EVENTS,
]

NESTED = [
    Nested("null", "null"),
    Nested("an empty string", '""'),
    Nested("the word null", '"null"'),
    Nested("a reading", '{"heart_rate":70}', readings=1),
    Nested("readings in a list", '{"data":[{"heart_rate":70},{"heart_rate":71,"timestamp":1788339601}]}', readings=2),
    Nested("garbage in a string", '"{garbage"', reasons=("implausible: healthData",)),
    Nested("a lone surrogate in a string", '"\\ud800"', reasons=("implausible: healthData",)),
    Nested("NUL in a string", '"\\u0000"', reasons=("implausible: healthData",)),
    Nested("a number", "42", reasons=("not an object",)),
    Nested("a number in a string", '"42"', reasons=("not an object",)),
    Nested("true", "true", reasons=("not an object",)),
    Nested("a list of no objects", '[1,"x"]', reasons=("not an object", "not an object")),
    Nested("data that is a number", '{"data":42}', reasons=("not an object",)),
    Nested(
        "a bad reading beside a good one",
        '{"data":[{"heart_rate":999},{"heart_rate":71}]}',
        readings=1,
        reasons=("implausible: heart_rate 999",),
    ),
    Nested("an impossible time", '{"timestamp":"2105-01-01 00:00:00"}', reasons=("timestamp: year 2105",)),
    Nested("a lone surrogate in a reading", '{"sleepData":{"a":"\\ud800"}}', reasons=("implausible: sleep_data",)),
    Nested("100 levels in a string", quoted(deep(100)), reasons=("",)),
    Nested("100,000 levels in a string", quoted(deep(100_000)), reasons=("implausible: healthData",)),
    Nested("a serial that can not be", '{"deviceSn":["x"]}', reasons=("implausible: device_sn",)),
]


def listed(*elements: str) -> bytes:
    return f"[{','.join(elements)}]".encode()


MINIMAL = '{"deviceSn":"ODD","eventType":"X"}'
MANY = [json.dumps({"deviceSn": "ODD", "eventType": "X", "timestamp": 1788339600 + n}) for n in range(501)]
LIMIT = 256 * 1024


def padded(size: int) -> bytes:
    return MINIMAL.encode().ljust(size)


BODIES = [
    # What is no JSON object or list, or is empty: no device sends it.
    Body("nothing", b"", 400),
    Body("whitespace", b" \r\n\t ", 400),
    Body("an empty object", b"{}", 400),
    Body("an empty list", b"[]", 400),
    Body("a number", b"42", 400),
    Body("a string", b'"text"', 400),
    Body("true", b"true", 400),
    Body("null", b"null", 400),
    Body("half an object", b'{"data":{"deviceSn":"ODD"', 400),
    Body("text after the object", b'{"deviceSn":"ODD"} x', 400),
    Body("two objects", b'{"deviceSn":"ODD"}{"deviceSn":"ODD"}', 400),
    Body("single quotes", b"{'deviceSn':'ODD'}", 400),
    Body("a comment", b'/**/{"deviceSn":"ODD"}', 400),
    Body("a comma too many", b'{"deviceSn":"ODD",}', 400),
    Body("a leading zero", b'{"deviceSn":"ODD","heart_rate":075}', 400),
    Body("a form", b"deviceSn=ODD&heart_rate=75", 400),
    Body("HTML", b"<html></html>", 400),
    Body("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00", 400),
    Body("a control character in a string", b'{"deviceSn":"O\x01DD"}', 400),
    Body("NUL after the object", b'{"deviceSn":"ODD"}\x00', 400),
    Body("invalid UTF-8", b'{"deviceSn":"O\xffDD"}', 400),
    Body("invalid UTF-8 in an unknown member", b'{"deviceSn":"ODD","x":"\xc3"}', 400),
    Body("a surrogate in UTF-8", b'{"deviceSn":"\xed\xa0\x80"}', 400),
    Body("an overlong UTF-8", b'{"deviceSn":"\xc0\xaf"}', 400),
    Body("a byte order mark", b"\xef\xbb\xbf" + MINIMAL.encode(), 400),
    Body("UTF-16", MINIMAL.encode("utf-16"), 400),
    Body("UTF-16 without a mark", MINIMAL.encode("utf-16-le"), 400),
    Body("GBK", '{"deviceSn":"设备"}'.encode("gbk"), 400),
    Body("NaN", b'{"deviceSn":"ODD","heart_rate":NaN}', 400),
    Body("Infinity", b'{"deviceSn":"ODD","heart_rate":Infinity}', 400),
    Body("-Infinity", b'{"deviceSn":"ODD","heart_rate":-Infinity}', 400),
    Body("NaN beside a lone surrogate", b'{"deviceSn":"\\ud800","heart_rate":NaN}', 400),
    Body("17 levels of lists", deep(17).encode(), 400),
    Body("17 levels of objects", (b'{"a":' * 17) + b"1" + b"}" * 17, 400),
    Body("17 levels within a record", f'{{"data":{{"deviceSn":"ODD","x":{deep(15)}}}}}'.encode(), 400),
    Body("100 levels", deep(100).encode(), 400),
    Body("1,000 levels of objects", (b'{"a":' * 1_000) + b"1" + b"}" * 1_000, 400),
    Body("100,000 levels", deep(100_000).encode(), 400),
    Body("100,000 levels without an end", b"[" * 100_000, 400),
    # What is too large, or is not JSON by its own account.
    Body("a body of one byte too many", padded(LIMIT + 1), 413),
    Body("a body of 1 MB", padded(1 << 20), 413),
    Body("501 records", listed(*MANY), 413),
    Body("501 records in data", b'{"data":' + listed(*MANY) + b"}", 413),
    Body("501 numbers", listed(*["1"] * 501), 413),
    *(
        Body(f"the type {content_type}", MINIMAL.encode(), 415, content_type=content_type)
        for content_type in (
            "text/plain",
            "text/json",
            "application/xml",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=gbk",
            "application/json; charset=utf-16",
            "application/json; charset=iso-8859-1",
            "application/jsonp",
            ";",
            "\xe9\xff",
        )
    ),
    *(
        Body(f"the type {content_type or 'nobody names'}", MINIMAL.encode(), accepted=1, content_type=content_type)
        for content_type in (
            "",
            "application/json;charset=UTF-8",
            'Application/JSON; charset="utf-8"',
            "application/json; charset=utf8",
            "application/json; boundary=x; charset=utf-8",
        )
    ),
    # What is JSON: stored, or kept.
    Body("a body of exactly the limit", padded(LIMIT), accepted=1),
    Body("500 records", listed(*MANY[:500]), accepted=500),
    Body("500 numbers", listed(*[str(n) for n in range(500)]), reasons=("not an object",) * 500),
    Body("whitespace around", f" \r\n{MINIMAL}\n\n".encode(), accepted=1),
    Body("names in escapes", b'{"d\\u0061ta":{"device\\u0053n":"ODD","eventType":"X"}}', accepted=1),
    Body("data null", b'{"data":null}', reasons=("no serial",)),
    Body("data a string", b'{"data":"text"}', reasons=("not an object",)),
    Body("data a number", b'{"data":42}', reasons=("not an object",)),
    Body("data true", b'{"data":true}', reasons=("not an object",)),
    Body("data an empty object", b'{"data":{}}', reasons=("no serial",)),
    Body("data an empty list", b'{"data":[]}'),
    Body("data.data null", b'{"data":{"data":null}}', reasons=("no serial",)),
    Body("data.data an object", f'{{"data":{{"data":{MINIMAL}}}}}'.encode(), accepted=1),
    Body("data.data a list", f'{{"data":{{"data":[{MINIMAL},7]}}}}'.encode(), accepted=1, reasons=("not an object",)),
    Body("data.data a string beside a record", f'{{"data":{MINIMAL[:-1]},"data":"x"}}}}'.encode(), accepted=1),
    Body("data.data an empty list", b'{"data":{"data":[]}}'),
    Body("null beside data", f'{{"data":{MINIMAL},"customerId":null}}'.encode(), accepted=1),
    Body("owners beside data that can not be", f'{{"data":{MINIMAL},"customerId":[]}}'.encode(),
         reasons=("implausible: customer_id",)),
    Body("elements that are no objects",
         listed("1", '"x"', "null", "[]", "true", "1e999", MINIMAL), accepted=1, reasons=("not an object",) * 6),
    Body("lists in lists", b"[[[[]]]]", reasons=("not an object",)),
    Body("16 levels", f'{{"data":{{"deviceSn":"ODD","eventType":"X","x":{deep(14)}}}}}'.encode(), accepted=1),
    Body("a repeated data, of which the last counts", f'{{"data":7,"data":{MINIMAL}}}'.encode(), accepted=1),
    Body("a repeated data, of which the last is wrong", f'{{"data":{MINIMAL},"data":7}}'.encode(),
         reasons=("not an object",)),
    Body("brackets in strings", f'{{"data":[{{"a":"}}]","b":"\\"[{{"}},{MINIMAL}]}}'.encode(), accepted=1,
         reasons=("no serial",)),
    Body("an unknown object", b'{"hello":"world"}', reasons=("no serial",)),
]  # fmt: skip

# What `/batch/upload-common-event` takes besides single events.
MIXED: list[tuple[str, dict[str, Any] | str, int, int, tuple[str, ...]]] = [
    ("empty lists", {"health_data": [], "device_info": [], "alert_data": []}, 200, 0, ()),
    ("one list", {"device_info": [{"serial_number": "ODD"}]}, 200, 1, ()),
    ("nulls", {"health_data": None, "device_info": None, "alert_data": [{"deviceSn": "ODD", "type": "X"}]}, 200, 1, ()),
    ("elements that are no objects", {"health_data": [1], "device_info": ["x"], "alert_data": [None]}, 200, 0,
     ("not an object",) * 3),
    ("one bad record of each", {"health_data": [{"heart_rate": 1}, {"device_id": "ODD"}],
                                "device_info": [{"serial_number": "UNKNOWN_DEVICE"}, {"serial_number": "ODD"}],
                                "alert_data": [{"device_id": "ODD"}, {"device_id": "ODD", "alert_type": "X"}]}, 200, 3,
     ("no serial", "no serial", "no event type")),
    ("a list that is an object", {"health_data": {}, "device_info": [{"serial_number": "ODD"}]}, 200, 1, ("",)),
    ("a list that is a string", {"health_data": "x", "device_info": [{"serial_number": "ODD"}]}, 200, 1, ("",)),
    ("a list that is a number", {"alert_data": 42, "device_info": [{"serial_number": "ODD"}]}, 200, 1, ("",)),
    ("an event beside a null list", {"eventType": "SOS_EVENT", "deviceSn": "ODD", "health_data": None}, 200, 1, ()),
    ("a single event", {"eventType": "SOS_EVENT", "deviceSn": "ODD"}, 200, 1, ()),
    ("501 records in three lists", {"health_data": [1] * 200, "device_info": [1] * 200, "alert_data": [1] * 101}, 413,
     0, ()),
]  # fmt: skip
