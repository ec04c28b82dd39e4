"""The content of an entry: the same after a round trip, and never half understood."""

import struct
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.records import Device, Event, Health
from streaming import registry
from streaming.envelope import VERSION, Envelope, Reject, Undecodable, decode, encode

FUZZ = settings(max_examples=100, deadline=None, database=None, derandomize=True)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=70)
whole = st.none() | st.integers(-(2**63), 2**63 - 1)
number = st.none() | st.floats(allow_nan=False, allow_infinity=False)
moment = st.integers(-(2**63), 2**63 - 1)
values: dict[Any, Any] = {str: text, int: moment, int | None: whole, float | None: number, str | None: st.none() | text}


def records(kind: type[msgspec.Struct], **given_: Any) -> st.SearchStrategy[Any]:
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    return st.builds(kind, **{name: given_[name] if name in given_ else values[of] for name, of in types.items()})


health = records(Health)
kinds = {
    "health": health,
    "device": records(Device),
    "event": records(Event, health=st.lists(health, max_size=2)),
}
rejects = st.builds(Reject, kind=text, device_sn=text, reason=text, payload=st.binary(max_size=50))
envelopes = st.sampled_from(sorted(kinds)).flatmap(
    lambda name: st.builds(
        Envelope,
        v=st.just(VERSION),
        kind=st.just(name),
        received_ms=st.integers(0, 10**13),
        path=text,
        epoch=st.integers(0, 2**63),
        records=st.lists(kinds[name], max_size=3),
        rejects=st.lists(rejects, max_size=2),
    )
)
ONE: Envelope[Any] = Envelope(
    VERSION, "health", 1, "stream", 1, [Health("A", 1, heart_rate=70)], [Reject("health", "", "no serial", b"\xff")]
)


def opened(data: bytes, name: str = "health") -> Envelope[Any]:
    return decode(data, record=registry.get(name).record, kind=name)


@given(envelopes)
@FUZZ
def test_an_envelope_is_the_same_after_a_round_trip(envelope: Envelope[Any]) -> None:
    assert opened(encode(envelope), envelope.kind) == envelope


def test_an_envelope_is_arrays_with_its_version_first() -> None:
    raw = msgspec.msgpack.decode(encode(ONE))
    assert raw[:5] == [1, "health", 1, "stream", 1]
    assert raw[5][0][:3] == ["A", 1, 70]
    assert raw[6] == [["health", "", "no serial", b"\xff"]]


@pytest.mark.parametrize("version", [0, 2, -1, 10**6])
def test_an_unknown_version_is_refused(version: int) -> None:
    with pytest.raises(Undecodable, match=f"version {version}"):
        opened(encode(msgspec.structs.replace(ONE, v=version)))


@pytest.mark.parametrize("name", ["device", "event"])
def test_an_envelope_in_the_stream_of_another_kind_is_refused(name: str) -> None:
    empty = encode(msgspec.structs.replace(ONE, records=[]))
    with pytest.raises(Undecodable, match="'health' in the stream of"):
        opened(empty, name)
    with pytest.raises(Undecodable):
        opened(encode(ONE), name)


@pytest.mark.parametrize(
    "change",
    [
        {"records": [["A"]]},
        {"records": [["A", "soon"]]},
        {"records": [[None, 1]]},
        {"records": [{"device_sn": "A", "timestamp": 1}]},
        {"records": None},
        {"records": [["A", 1, 70.5]]},
        {"rejects": [["health"]]},
        {"kind": 7},
        {"received_ms": "now"},
    ],
)
def test_a_record_that_does_not_fit_its_kind_is_refused(change: dict[str, Any]) -> None:
    raw = {
        "v": 1,
        "kind": "health",
        "received_ms": 1,
        "path": "stream",
        "epoch": 1,
        "records": [],
        "rejects": [],
        **change,
    }
    with pytest.raises(Undecodable):
        opened(msgspec.msgpack.encode(list(raw.values())))


def test_a_field_added_at_the_end_of_a_record_is_read_by_older_code() -> None:
    raw = msgspec.msgpack.decode(encode(ONE))
    raw[5][0].append("from the future")
    assert opened(msgspec.msgpack.encode(raw)).records == ONE.records


@given(st.binary(max_size=200) | envelopes.map(lambda envelope: encode(envelope)[:-1]))
@FUZZ
def test_garbage_is_refused_and_nothing_else(data: bytes) -> None:
    reason = "readable"
    try:
        opened(data)
    except Undecodable as error:
        reason = str(error)
    assert reason


@pytest.mark.parametrize(
    "data", [b"", b"\xc1", b"\x91" * 100_000, b"{}", b"\x97", encode(ONE) + b"\x00", b"\xd9\x01\xff"]
)
def test_no_bytes_make_the_reader_fail(data: bytes) -> None:
    with pytest.raises(Undecodable):
        opened(data)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("double", [True, False])
def test_a_number_that_is_not_finite_is_no_record(number: float, double: bool) -> None:
    data = encode(msgspec.structs.replace(ONE, records=[Health("A", 1), Health("A", 2, temperature=number)]))
    if not double:
        wide = struct.pack(">Bd", 0xCB, number)
        assert wide in data
        data = data.replace(wide, struct.pack(">Bf", 0xCA, number))
    with pytest.raises(Undecodable, match="a number is not finite"):
        opened(data)


def test_a_number_that_is_not_finite_is_found_in_the_reading_of_an_event() -> None:
    event = Event("A", "X", 1, health=[Health("A", 1, altitude=float("nan"))])
    with pytest.raises(Undecodable):
        opened(encode(Envelope(VERSION, "event", 1, "stream", 1, [event])), "event")


def test_bytes_that_look_like_one_are_none() -> None:
    largest = Health("A", 1, altitude=1.7976931348623157e308, latitude=-1.7976931348623157e308)
    odd = Envelope(
        VERSION, "health", 1, "stream", 1, [largest], [Reject("health", "", "", b"\xcb\x7f\xf0" + b"\0" * 6)]
    )
    assert opened(encode(odd)) == odd
