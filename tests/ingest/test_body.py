"""From bytes to elements, and back to the very bytes of one."""

import json
import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from ingest import body, upload
from ingest.body import Path
from ingest.records import Event
from tests.ingest.fuzz import FUZZ, anything

READING = {"deviceSn": "A"}


@pytest.mark.parametrize(
    ("raw", "content"),
    [
        (b'{"a":1}', {"a": 1}),
        (b' [1,2]\r\n', [1, 2]),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b'{"a":"\\ud800"}', {"a": "\ud800"}),
        (b'{"a":1e999}', {"a": float("inf")}),
        (b'{"a":99999999999999999999999}', {"a": 99999999999999999999999}),
        ('{"序列号":"设备001"}'.encode(), {"序列号": "设备001"}),
    ],
)  # fmt: skip
def test_json_is_decoded_and_of_a_repeated_name_the_last_counts(raw: bytes, content: Any) -> None:
    assert body.decode(raw, depth=16) == content


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "the body is not JSON"),
        (b"{", "the body is not JSON"),
        (b'{"a":NaN}', "the body is not JSON"),
        (b'{"a":-Infinity}', "the body is not JSON"),
        (b'{"a":"\xff"}', "the body is not JSON"),
        (b"42", "the body is not a JSON object or list"),
        (b"null", "the body is not a JSON object or list"),
        (b"{}", "the body is empty"),
        (b" [ ] ", "the body is empty"),
        (b"[" * 5 + b"]" * 5, "the body is deeper than 4 levels"),
        (b"[" * 100_000, "the body is too deep"),
    ],
)
def test_what_is_no_json_object_or_list_is_refused(raw: bytes, message: str) -> None:
    with pytest.raises(ParseError) as error:
        body.decode(raw, depth=4)
    assert str(error.value.detail) == message


def test_brackets_in_strings_are_no_levels() -> None:
    assert body.decode(json.dumps({"a": "[" * 50 + "{" * 50}).encode(), depth=2)


@pytest.mark.parametrize(
    ("content", "found", "beside"),
    [
        (READING, [((), READING)], {}),
        ([READING, 7], [((0,), READING), ((1,), 7)], {}),
        ({"data": READING, "type": "x"}, [(("data",), READING)], {"data": READING, "type": "x"}),
        ({"data": [READING, 7]}, [(("data", 0), READING), (("data", 1), 7)], {"data": [READING, 7]}),
        ({"data": {"data": READING}, "x": 1}, [(("data", "data"), READING)], {"data": READING, "x": 1}),
        ({"data": {"data": [READING]}}, [(("data", "data", 0), READING)], {"data": [READING]}),
        ({"data": {"data": "text"}}, [(("data",), {"data": "text"})], {"data": {"data": "text"}}),
        ({"data": None}, [((), {"data": None})], {}),
        ({"data": "text"}, [(("data",), "text")], {"data": "text"}),
        ({"data": []}, [], {"data": []}),
    ],
)
def test_the_elements_are_at_the_top_in_data_or_in_data_data(
    content: Any, found: list[tuple[Path, Any]], beside: dict[str, Any]
) -> None:
    assert body.elements(content) == (found, beside)


@pytest.mark.parametrize(
    ("raw", "path", "source"),
    [
        (b' {"a" : 1} ', (), b'{"a" : 1}'),
        (b'[ 1 , {"a":[2 , 3]} ,null]', (1,), b'{"a":[2 , 3]}'),
        (b'{"x":{"data":0},"data":{"data":[1,"]}\\"",{}]}}', ("data", "data", 1), b'"]}\\""'),
        (b'{"data":1,"data":2}', ("data",), b"2"),
        (b'{"data":[1],"d\\u0061ta":[2,3]}', ("data", 1), b"3"),
        (b'{"data":["\\ud800","a"]}', ("data", 0), b'"\\ud800"'),
        (b'{"data":[1e999,"a"]}', ("data", 0), b"1e999"),
        ('{"前":"后","data":["设备"]}'.encode(), ("data", 0), '"设备"'.encode()),
    ],
)
def test_the_source_of_an_element_is_its_bytes(raw: bytes, path: Path, source: bytes) -> None:
    assert body.Source(raw).at(path) == source


blank = st.text(" \t\r\n", max_size=3)
members = st.lists(st.tuples(st.sampled_from(["a", "b", "data"]), anything.map(json.dumps)), max_size=3)


@given(
    st.lists(anything.map(json.dumps), min_size=1, max_size=5), members, blank, st.sampled_from(["data", "d\\u0061ta"])
)
@FUZZ
def test_the_source_is_found_whatever_stands_around_it(
    elements: list[str], before: list[tuple[str, str]], space: str, name: str
) -> None:
    listed = f"[{space}{f'{space},{space}'.join(elements)}{space}]"
    around = "".join(f'"{key}"{space}:{raw},' for key, raw in before)
    raw = f'{space}{{{space}{around}"{name}"{space}:{space}{listed}{space}}}{space}'.encode()
    for index, element in enumerate(elements):
        assert body.Source(raw).at(("data", index)) == element.encode()


@given(anything, st.sampled_from(["health", "device", "event"]), st.booleans())
@FUZZ
def test_any_json_is_read_or_refused_and_no_element_is_forgotten(content: Any, kind: str, mixed: bool) -> None:
    raw = json.dumps(content).encode()
    try:
        taken = upload.read(raw, kind=kind, depth=16, most=100, mixed=mixed)
    except (ParseError, upload.TooMany):
        return
    records = [record for part in taken.parts.values() for record in part.records]
    rejects = [reject for part in taken.parts.values() for reject in part.rejects]
    assert (len(records), len(rejects)) == (taken.accepted, len(taken.rejected))
    if kind != "event":
        assert taken.accepted + len(taken.rejected) == len(body.elements(body.decode(raw, depth=16))[0])


fields = st.dictionaries(
    st.sampled_from(
        ["deviceSn", "data", "timestamp", "heart_rate", "temperature", "customerId", "latitude", "sleepData", "step",
         "batteryLevel", "wearState", "status", "IP Address", "eventType", "eventValue", "healthData"]
    ),
    anything,
    min_size=1,
)  # fmt: skip


@given(st.lists(fields | anything, min_size=1, max_size=5), st.sampled_from(["health", "device", "event"]))
@FUZZ
def test_every_element_of_a_list_is_a_record_or_a_reject_with_its_bytes(content: list[Any], kind: str) -> None:
    raw = json.dumps(content).encode()
    taken = upload.read(raw, kind=kind, depth=16, most=100)
    rejects = [reject for part in taken.parts.values() for reject in part.rejects if reject.kind == kind]
    assert taken.accepted + len(rejects) == len(content)
    assert {reject.payload for reject in rejects} <= {json.dumps(element).encode() for element in content}


BAD = '{ "heart_rate" :\t9.99e2,"\\u0078":"\\/ 设备" }'

LISTED = f' {{ "data" : [1, {BAD}]}}'


def nested_payloads(members: str, around: str = "%s") -> list[bytes]:
    """The payloads of the readings that can not be in an event with these members."""
    raw = (around % f'{{"deviceSn":"A" , "eventType":"X",{members}}}').encode()
    taken = upload.read(raw, kind="event", depth=16, most=100)
    return [reject.payload for part in taken.parts.values() for reject in part.rejects if reject.kind == "health"]


@pytest.mark.parametrize("around", ["%s", '{"data":%s}', " [ 1, %s ,{}]", '{"data":{"data":[%s, 2]}}'])
@pytest.mark.parametrize(
    ("members", "payloads"),
    [
        (f'"healthData" : {BAD}', [BAD]),
        (f'"healthData":{{"data":{BAD} }}', [BAD]),
        (f'"healthData":{{ "data" : [ {BAD}, {{}},null,{{"heart_rate":70}} , 7,"\\u0041" ]}}', [BAD, "7", '"\\u0041"']),
        (f'"healthData":[{BAD},true]', [BAD, "true"]),
        (f'"heatlhData":{BAD}', [BAD]),
        (f'"healthData":null,"health_data":{BAD},"heatlhData":{{"heart_rate":70}}', [BAD]),
        (f'"healthData":{{"heart_rate":70}},"healthData":{BAD}', [BAD]),
        (f'"health\\u0044ata":{{"d\\u0061ta":1,"data":{BAD}}}', [BAD]),
        ('"healthData":1e999', ["1e999"]),
        ('"healthData":-0.0', ["-0.0"]),
        ('"healthData":{"heart_rate":999,"x":"\\ud800"}', ['{"heart_rate":999,"x":"\\ud800"}']),
        (f'"healthData":{json.dumps(BAD)}', [BAD]),
        (f'"healthData":{json.dumps(f" {BAD} ")}', [BAD]),
        (f'"healthData":{json.dumps(LISTED)}', ["1", BAD]),
        ('"healthData":"{garbage \\u0041\\/ \\u8bbe "', ["{garbage A/ 设 "]),
        ('"healthData":"{\\ud83e\\udd8a \\uD800"', ["{🦊 \\ud800"]),
    ],
)  # fmt: skip
def test_a_reading_in_an_event_is_kept_byte_for_byte(members: str, payloads: list[str], around: str) -> None:
    assert nested_payloads(members, around) == [payload.encode() for payload in payloads]


@given(st.lists((anything | st.just({"heart_rate": 70})).map(json.dumps), min_size=1, max_size=5), blank, st.booleans())
@FUZZ
def test_every_reading_in_an_event_is_a_record_or_kept_byte_for_byte(
    elements: list[str], space: str, in_a_string: bool
) -> None:
    listed = f'{{{space}"data":{space}[{space}{f"{space},{space}".join(elements)}{space}]}}'
    raw = f'{{"deviceSn":"A","eventType":"X","healthData":{json.dumps(listed) if in_a_string else listed}}}'.encode()
    taken = upload.read(raw, kind="event", depth=30, most=100)
    rejects = [reject for part in taken.parts.values() for reject in part.rejects]
    (event,) = (record for part in taken.parts.values() for record in part.records)
    if [reject.reason for reject in rejects] == ["implausible: healthData is not JSON"]:
        assert rejects[0].payload == listed.encode()
        return
    assert {reject.payload for reject in rejects} <= {element.encode() for element in elements}
    nothing = sum(json.loads(element) in (None, {}) for element in elements)
    assert len(event.health) + len(rejects) + nothing == len(elements)


def test_a_batch_of_all_kinds_is_numbered_through() -> None:
    raw = b'{"health_data":[{"device_id":"A"},1],"device_info":[2],"alert_data":[{"device_id":"A","alert_type":"X"},3]}'
    taken = upload.read(raw, kind="event", depth=16, most=5, mixed=True)
    assert [(reject["index"], reject["reason"]) for reject in taken.rejected] == [
        (1, "not an object"),
        (2, "not an object"),
        (4, "not an object"),
    ]
    assert sorted(key for key, part in taken.parts.items() if part.records) == [("event", "A"), ("health", "A")]
    assert isinstance(taken.parts["event", "A"].records[0], Event)
    with pytest.raises(upload.TooMany):
        upload.read(raw, kind="event", depth=16, most=4, mixed=True)


def calls(elements: int, kind: str) -> int:
    """How many functions are called to read an upload of so many records that can not be."""
    records: Any = [{"deviceSn": "A", "heart_rate": 999}] * elements
    if kind != "health":
        data: Any = {"data": records}
        data = json.dumps(data) if kind == "event with a string" else data
        records, kind = [{"deviceSn": "A", "eventType": "X", "healthData": data}], "event"
    raw = json.dumps(records).encode()
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(counted)
    try:
        upload.read(raw, kind=kind, depth=16, most=elements + 1)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("kind", ["health", "event", "event with a string"])
def test_twice_as_many_bad_records_are_twice_the_work_and_not_four_times(kind: str) -> None:
    assert calls(200, kind) < 3 * calls(100, kind)


def test_an_upload_without_a_reject_is_not_looked_at_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body.Source, "at", lambda *_: pytest.fail("its text was taken apart"))
    monkeypatch.setattr(upload, "impossible_readings", lambda *_: pytest.fail("its text was taken apart"))
    raw = b'{"deviceSn":"A","eventType":"X","healthData":{"data":[{"heart_rate":70}]}}'
    assert upload.read(raw, kind="event", depth=16, most=9).accepted == 1
