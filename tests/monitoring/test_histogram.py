"""Histograms add up exactly, and a quantile is never further from the truth than they say."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.histogram import LONGEST_S, RELATIVE_ERROR, SHORTEST_S, Histogram

latencies = st.lists(st.floats(SHORTEST_S, LONGEST_S), max_size=60)


def of(seconds: list[float]) -> Histogram:
    found = Histogram()
    for each in seconds:
        found.add(each)
    return found


@given(latencies, latencies)
def test_a_merged_histogram_is_the_one_that_was_told_everything(one: list[float], other: list[float]) -> None:
    assert of(one) + of(other) == of([*one, *other])


@given(latencies, latencies, latencies)
def test_merging_is_associative_and_commutative(one: list[float], two: list[float], three: list[float]) -> None:
    a, b, c = of(one), of(two), of(three)
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert (a, b, c) == (of(one), of(two), of(three))


@given(latencies.filter(bool), st.floats(0, 1))
def test_a_quantile_is_within_the_stated_error(seconds: list[float], q: float) -> None:
    found = of(seconds).quantile(q)
    exact = sorted(seconds)[max(1, math.ceil(q * len(seconds))) - 1]
    assert found is not None
    assert abs(found - exact) <= RELATIVE_ERROR * exact * (1 + 1e-9)


@given(latencies)
def test_count_and_sum_are_those_of_the_latencies(seconds: list[float]) -> None:
    found = of(seconds)
    assert found.count == len(seconds)
    assert sum(seconds) - 1e-6 * len(seconds) - 1e-9 <= found.sum <= sum(seconds) + 1e-9


@given(latencies)
def test_json_and_msgpack_keep_every_bucket(seconds: list[float]) -> None:
    found = of(seconds)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Histogram) == found
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=Histogram) == found


@pytest.mark.parametrize(("seconds", "shown"), [(-1.0, SHORTEST_S), (0.0, SHORTEST_S), (1e-9, SHORTEST_S)])
def test_what_is_shorter_than_the_scale_counts_as_its_beginning(seconds: float, shown: float) -> None:
    assert of([seconds]).quantile(1) == shown


def test_what_is_longer_than_the_scale_counts_as_its_end() -> None:
    found = of([1e9]).quantile(0.99)
    assert found is not None
    assert LONGEST_S * (1 - RELATIVE_ERROR) <= found <= LONGEST_S * (1 + 2 * RELATIVE_ERROR)


def test_nothing_has_no_quantile() -> None:
    assert Histogram().quantile(0.5) is None


@pytest.mark.parametrize("q", [-0.1, 1.1, math.nan])
def test_a_quantile_that_is_none_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        Histogram().quantile(q)
