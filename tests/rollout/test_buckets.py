"""A device's place: the same for ever, spread evenly, and a larger share only adds devices."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.buckets import BUCKETS, bucket

serials = st.text(st.characters(exclude_categories=["Cs"]), max_size=64)


@pytest.mark.parametrize(
    ("salt", "serial", "place"),
    [
        ("plan-1", "TEST001", 8183),
        ("plan-1", "TEST002", 428),
        ("plan-1", "设备001", 9953),
        ("plan-2", "TEST001", 1077),
        ("plan-2", "TEST002", 1457),
        ("plan-2", "设备001", 9427),
    ],
)
def test_the_place_of_a_device_never_changes(salt: str, serial: str, place: int) -> None:
    assert bucket(salt, serial) == place


def on_stream(salt: str, serial: str, percentage: float) -> bool:
    return bucket(salt, serial) < round(percentage * 100)


@given(st.text(max_size=32), serials, st.integers(0, 10_000), st.integers(0, 10_000))
@settings(deadline=None, database=None, derandomize=True)
def test_raising_the_percentage_only_adds_devices(salt: str, serial: str, one: int, other: int) -> None:
    lower, higher = sorted((one / 100, other / 100))
    assert on_stream(salt, serial, higher) or not on_stream(salt, serial, lower)
    assert on_stream(salt, serial, 100)
    assert not on_stream(salt, serial, 0)


def test_devices_are_spread_evenly() -> None:
    tenths = Counter(bucket("plan-1", f"DEVICE{number:05}") * 10 // BUCKETS for number in range(20_000))
    assert sorted(tenths) == list(range(10))
    assert all(1_800 < count < 2_200 for count in tenths.values())


def test_another_salt_chooses_other_devices() -> None:
    fleet = [f"DEVICE{number:05}" for number in range(5_000)]
    first, second = ({serial for serial in fleet if bucket(salt, serial) < 1_000} for salt in ("plan-1", "plan-2"))
    assert len(first & second) < 100


def test_serials_that_differ_in_case_have_places_of_their_own() -> None:
    assert bucket("plan-1", "test001") != bucket("plan-1", "TEST001")
