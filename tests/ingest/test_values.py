"""One wire value at a time: what it means, and what it can not be."""

import math
import unicodedata
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import values
from ingest.values import Impossible
from tests.ingest.fuzz import FUZZ, anything


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("  A1\t", "A1"),
        ("", None),
        ("   ", None),
        (0, "0"),
        (-5, "-5"),
        (10**20 - 1, "9" * 20),
        ("Cafe\u0301", "Caf\u00e9"),
        ("x" * 8, "x" * 8),
        ("🦊" * 8, "🦊" * 8),
        ("  " + "x" * 8 + "  ", "x" * 8),
    ],
)
def test_text_is_stripped_and_composed(value: Any, found: str | None) -> None:
    assert values.text("name", value, most=20 if value == 10**20 - 1 else 8) == found


def test_long_text_is_not_composed_which_takes_the_square_of_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    composed: list[int] = []

    def note(form: str, value: str) -> str:
        composed.append(len(value))
        return value

    monkeypatch.setattr(values, "unicodedata", SimpleNamespace(normalize=note))
    for length in (10, 100, 1_000, 10_000, 100_000):
        for most in (64, 255, 16_000):
            with suppress(Impossible):
                values.text("name", "a" + "\u0301\u0316" * (length // 2), most=most)
    assert composed
    assert max(composed) <= 1_100


@pytest.mark.parametrize("value", [True, 1.0, [], {}, None, 10**20, -(10**20), "x" * 9, "a\x00b", "\ud800", "a\udfff"])
def test_text_that_can_not_be_is_impossible(value: Any) -> None:
    with pytest.raises(Impossible, match=r"^implausible: name"):
        values.text("name", value, most=8)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (5, 5.0), (5.5, 5.5), ("5", 5.0), (" 5.50 ", 5.5), ("+5", 5.0), ("-5", -5.0), (".5", 0.5), ("5.", 5.0),
        ("5e1", 50.0), ("5E-1", 0.5), ("", None), ("  ", None), (-0.0, 0.0), ("0.0", 0.0),
        ("31.14505564403376", 31.14505564403376),
    ],
)  # fmt: skip
def test_a_number_comes_from_a_number_or_a_numeric_string(value: Any, found: float | None) -> None:
    assert values.number("name", value) == found


@pytest.mark.parametrize(
    "value",
    ["NaN", "nan", "inf", "Infinity", "-Infinity", "0x10", "1_000", "1,5", "5 %", "５", "٥", "--5", ".", "e5",
     "5e", "1e999", "1e9999", "9" * 41, "\ud800", "5\x00",
     math.inf, -math.inf, math.nan, 10**20, 10**400, True, False, None, [],
     {}, [5]],
)  # fmt: skip
def test_what_is_no_number_is_impossible(value: Any) -> None:
    with pytest.raises(Impossible, match=r"^implausible: name"):
        values.number("name", value)


@pytest.mark.parametrize(("value", "found"), [(75, 75), ("75", 75), ("75.0", 75), (75.4, 75), (75.6, 76), ("", None)])
def test_a_fraction_of_a_whole_number_is_rounded(value: Any, found: int | None) -> None:
    assert values.integer("name", value, 0, 100) == found


@pytest.mark.parametrize("value", [-1, 101, "-1", "101", 100.4, -0.4, 10**30])
def test_a_whole_number_out_of_range_is_impossible(value: Any) -> None:
    with pytest.raises(Impossible, match=r"^implausible: name"):
        values.integer("name", value, 0, 100)


@pytest.mark.parametrize("value", [0, "0", "0.0", 0.0, -0.0, "-0", ""])
def test_zero_is_not_measured(value: Any) -> None:
    assert values.measured("name", value, 100) is None


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (8, 8),
        ("8", 8),
        (" 8 ", 8),
        ("1900000000000000001", 1900000000000000001),
        (2**53 + 1, 9007199254740993),
        (2**63 - 1, 9223372036854775807),
        ("9223372036854775807", 9223372036854775807),
        (0, None),
        ("0", None),
        ("000", None),
        ("", None),
        ("null", None),
    ],
)
def test_an_identifier_is_exact_and_zero_is_unknown(value: Any, found: int | None) -> None:
    assert values.identifier("name", value) == found


@pytest.mark.parametrize(
    "value", [-1, "-1", 2**63, str(2**63), "9" * 21, 10**400, 8.0, "8.0", True, [], {}, "a", "²", "٨"]
)
def test_an_identifier_that_can_not_be_is_impossible(value: Any) -> None:
    with pytest.raises(Impossible, match=r"^implausible: name"):
        values.identifier("name", value)


@pytest.mark.parametrize("value", ["", "  ", "null", " null "])
def test_nested_data_that_is_none(value: Any) -> None:
    assert values.nested("name", value) is None


@pytest.mark.parametrize(
    ("value", "found"),
    [('{"a": 1}', '{"a": 1}'), (" [1] ", "[1]"), ({"a": "设备"}, '{"a":"设备"}'), ([], "[]"), ({}, "{}")],
)
def test_nested_data_is_json_text_as_it_was_sent(value: Any, found: str) -> None:
    assert values.nested("name", value) == found


@pytest.mark.parametrize(
    "value", ["{", "x", "5", '"x"', "true", "NaN", True, 5, 5.0, "\ud800", {"a": "\ud800"}, ["\ud800"]]
)
def test_nested_data_that_is_no_object_or_list_is_impossible(value: Any) -> None:
    with pytest.raises(Impossible, match=r"^implausible: name"):
        values.nested("name", value)


@pytest.mark.parametrize("depth", [0, 1, 3, 4, 5_000])
@pytest.mark.parametrize("wraps", [[list], [dict], [list, dict]], ids=["lists", "objects", "both"])
def test_depth_counts_containers(depth: int, wraps: list[type]) -> None:
    content: Any = 1
    for level in range(depth):
        content = [1, content] if wraps[level % len(wraps)] is list else {"a": "x", "b": content}
    assert values.deeper_than(content, 3) is (depth > 3)


@given(anything | st.floats())
@FUZZ
def test_any_value_is_read_or_impossible(value: Any) -> None:
    for read in (
        lambda: values.text("name", value, most=64),
        lambda: values.number("name", value),
        lambda: values.integer("name", value, 0, 300),
        lambda: values.measured("name", value, 300),
        lambda: values.identifier("name", value),
        lambda: values.nested("name", value),
    ):
        reason = ""
        try:
            read()
        except Impossible as error:
            reason = str(error)
        # It is answered as JSON and stored: a reason must be short and printable.
        assert reason.isprintable()
        assert len(reason) <= 100
        msgspec.json.encode(reason)


@given(st.text())
@FUZZ
def test_text_that_is_read_is_composed_and_storable(value: str) -> None:
    try:
        found = values.text("name", value, most=64)
    except Impossible:
        return
    if found is not None:
        assert found == unicodedata.normalize("NFC", found).strip()
        assert 0 < len(found) <= 64
        assert "\x00" not in found
        assert found.encode().decode() == found


@given(st.floats(-1e15, 1e15))
@FUZZ
def test_a_number_is_the_same_as_text(value: float) -> None:
    assert values.number("name", repr(value)) == values.number("name", value) == value
