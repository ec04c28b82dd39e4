"""The error test: its golden values, bursts, order, and a state that survives its owner."""

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.bucket import Bucket
from rollout.controller.tallies import seconds
from rollout.guardrails import sequential
from rollout.guardrails.likelihood import log_mixture
from rollout.guardrails.sequential import Detector, Failed, SequentialTest
from tests.rollout.guardrails.detected import TEST, add, detector, devices, feed, mixture_acts, restarting_acts

GOLDEN = {3: 3, 5: 3, 10: 4, 20: 5, 50: 8, 100: 13, 200: 21, 500: 41, 1_000: 74, 2_000: 135}


@pytest.mark.parametrize(("records", "errors"), GOLDEN.items())
def test_the_smallest_number_of_errors_that_acts(records: int, errors: int) -> None:
    tried = range(min(records, errors + 20) + 1)
    acting = [number for number in tried if mixture_acts(detector(good=records - number, failed=devices(number)).tally)]
    assert acting == list(tried[errors:])


@pytest.mark.parametrize(("events", "others"), [(0, 1), (1, 0), (3, 97), (40, 460)])
def test_the_mixture_is_what_its_definition_says(events: int, others: int) -> None:
    ratios = [(q / 0.05) ** events * ((1 - q) / 0.95) ** others for q in TEST.alternatives]
    log = log_mixture(events=events, others=others, null=0.05, alternatives=TEST.alternatives)
    assert math.isclose(math.exp(log), sum(ratios) / len(ratios), rel_tol=1e-9)


@pytest.mark.parametrize(("good", "failed"), [(10**7, 0), (0, 10**7), (9 * 10**6, 10**6)])
def test_ten_million_records_overflow_nothing(good: int, failed: int) -> None:
    log = log_mixture(events=failed, others=good, null=0.05, alternatives=TEST.alternatives)
    assert math.isfinite(log)
    assert (log > math.log(20)) == (failed > 0)


def test_ten_million_errors_one_after_the_other_overflow_nothing() -> None:
    test = SequentialTest(burst_s=0)
    state = Detector(test=test)
    for second in range(100):
        state = add(state, second=second, good=0, failed=devices(1_000) * 100)
    assert state.tally.errors == 10**7
    assert math.isfinite(state.tally.mixture_peak or math.nan)
    assert math.isfinite(state.tally.cusum_peak or math.nan)


@pytest.mark.parametrize(("errors", "acts"), [(2, False), (3, True)])
def test_two_errors_are_never_enough(errors: int, acts: bool) -> None:
    test = SequentialTest(devices_min=2, mixture_act=1.5, cusum_act=1.5)
    tally = detector(good=0, failed=devices(errors), test=test).tally
    assert ((tally.mixture_peak or 0) > 0, (tally.cusum_peak or 0) > 0) == (acts, acts)


@pytest.mark.parametrize(("number", "acts"), [(1, False), (2, False), (3, True)])
def test_two_devices_are_never_enough(number: int, acts: bool) -> None:
    state = Detector(test=TEST)
    for burst in range(10):
        state = add(state, second=10 * burst, good=0, failed=devices(number))
    assert (mixture_acts(state.tally), restarting_acts(state.tally)) == (acts, acts)
    assert (state.tally.cusum or 0.0) >= math.log(TEST.cusum_act)


def test_devices_that_failed_before_the_detector_restarted_do_not_count_for_it() -> None:
    state = feed(Detector(test=TEST), seconds=[(1, 0, ["a", "b"]), (2, 10_000, [])])
    assert not any(state.sums)
    for second in range(20, 120, 10):
        state = add(state, second=second, good=0, failed=["c"])
    assert (state.tally.cusum or 0.0) >= math.log(TEST.cusum_act)
    assert not restarting_acts(state.tally)
    assert state.tally.devices == 3


def test_errors_from_before_the_detector_restarted_do_not_count_for_it() -> None:
    test = SequentialTest(devices_min=1)
    seconds = [(1, 0, ["a", "b"]), (2, 10_000, []), (20, 0, ["a", "b"])]
    assert feed(Detector(test=test), seconds=seconds).tally.cusum_peak == 0.0
    assert (feed(Detector(test=test), seconds=[*seconds, (30, 0, ["a"])]).tally.cusum_peak or 0.0) > 0


@pytest.mark.parametrize(
    ("seconds", "errors", "repeats"),
    [((0, 0, 0), 1, 2), ((0, 9), 1, 1), ((0, 10), 2, 0), ((0, 5, 12), 2, 1), ((0, 9, 18, 27), 2, 2)],
)
def test_a_burst_of_one_device_counts_once_in_ten_seconds(
    seconds: tuple[int, ...], errors: int, repeats: int
) -> None:  # fmt: skip
    state = Detector(test=TEST)
    for second in sorted(set(seconds)):
        state = add(state, second=second, good=0, failed=["a"] * seconds.count(second))
    assert (state.tally.errors, state.tally.repeats) == (errors, repeats)


def test_bursts_are_told_apart_by_device() -> None:
    assert detector(good=0, failed=["a", "b", "a", "c"]).tally.errors == 3


def test_what_can_not_be_a_burst_any_more_is_forgotten() -> None:
    state = feed(Detector(test=TEST), seconds=[(0, 0, devices(1_000)), (9, 0, ["x"]), (10, 1, [])])
    assert state.recent == {"x": 9}


def test_errors_of_devices_that_nobody_knows_all_count_and_none_is_remembered() -> None:
    both = [Bucket("stream", "health", epoch, 9, errors={"fallback": 100}, others=100) for epoch in (0, 1)]
    state = sequential.feed(Detector(test=TEST), seconds=seconds(both))
    assert (state.tally.errors, state.tally.repeats, state.recent) == (200, 0, {})


def test_each_error_has_a_device_and_unknown_ones_are_no_single_device() -> None:
    found = Bucket("stream", "health", 3, second=7)
    found.fail("dead", 2, "a")
    found.fail("lost", 2, "")
    fed = seconds([found])
    assert fed == [(7, 0, Failed({"a": 2}, 2))]
    state = sequential.feed(Detector(test=TEST), seconds=fed)
    assert (state.tally.errors, state.tally.repeats, state.devices) == (3, 1, ("a", "7:0", "7:1"))


def test_the_errors_of_a_busy_second_are_not_taken_for_a_row() -> None:
    tally = detector(good=4_950, failed=devices(50)).tally
    assert (tally.cusum, tally.cusum_peak) == (0.0, 0.0)


def test_a_long_good_history_hides_new_errors_from_the_mixture_alone() -> None:
    state = add(Detector(test=TEST), second=0, good=1_000_000, failed=())
    for second in range(1, 21):
        state = add(state, second=second, good=8, failed=[f"{second}-1", f"{second}-2"])
    assert not mixture_acts(state.tally)
    assert restarting_acts(state.tally)


def test_an_alarm_stands_although_the_errors_are_over() -> None:
    state = feed(Detector(test=TEST), seconds=[(0, 0, devices(10)), (1, 1_000_000, [])])
    assert state.tally.cusum == 0.0
    assert mixture_acts(state.tally)
    assert restarting_acts(state.tally)


def test_a_peak_that_too_few_devices_made_is_none() -> None:
    state = Detector(test=TEST)
    for burst in range(10):
        state = add(state, second=10 * burst, good=0, failed=["a", "b"])
    state = feed(state, seconds=[(1_000, 1_000_000, []), (1_001, 0, ["c"])])
    assert (state.tally.errors, state.tally.devices) == (21, 3)
    assert not mixture_acts(state.tally)


@pytest.mark.parametrize("second", [6, 7])
def test_a_second_comes_once_and_in_order(second: int) -> None:
    state = detector(good=1, second=7)
    with pytest.raises(ValueError, match="in order"):
        add(state, second=second, good=1, failed=())


def test_fewer_than_no_good_records_are_refused() -> None:
    with pytest.raises(ValueError, match="counted from 0"):
        add(Detector(test=TEST), second=1, good=-1, failed=())


def test_an_empty_second_is_no_data() -> None:
    state = feed(Detector(test=TEST), seconds=[(5, 1, []), (6, 0, [])])
    assert (state.tally.second, state.fed) == (5, 6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"null": 0.0},
        {"null": math.nan},
        {"alternatives": ()},
        {"alternatives": (0.05,)},
        {"alternatives": (1.0,)},
        {"alternatives": (math.nan,)},
        {"mixture_act": 1.0},
        {"cusum_act": math.inf},
        {"mixture_act": math.nan},
        {"errors_min": 0},
        {"devices_min": 0},
        {"burst_s": -1},
    ],
)
def test_a_test_that_tests_nothing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        msgspec.structs.replace(TEST, **wrong)


few = st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), max_size=4)
buckets = st.lists(st.tuples(st.integers(0, 30), few), max_size=40)


def fed(rows: list[tuple[int, list[str]]], state: Detector | None = None, begin: int = 0) -> Detector:
    state = state or Detector(test=TEST)
    return feed(state, seconds=[(begin + at, good, failed) for at, (good, failed) in enumerate(rows)])


@given(buckets, buckets)
@settings(deadline=None, database=None, derandomize=True)
def test_a_detector_goes_on_from_json_as_if_nothing_had_happened(
    first: list[tuple[int, list[str]]], then: list[tuple[int, list[str]]]
) -> None:
    kept = msgspec.json.decode(msgspec.json.encode(fed(first)), type=Detector)
    assert kept == fed(first)
    assert fed(then, kept, begin=len(first)) == fed(first + then)


@given(buckets, st.integers(0, 40), st.integers(0, 30))
@settings(deadline=None, database=None, derandomize=True)
def test_an_error_of_another_device_lowers_nothing(
    rows: list[tuple[int, list[str]]], at: int, good: int
) -> None:  # fmt: skip
    rows = [*rows, (good, [])]
    at = min(at, len(rows) - 1)
    worse = [(good, [*failed, "other"] if place == at else failed) for place, (good, failed) in enumerate(rows)]
    before, after = fed(rows).tally, fed(worse).tally
    for name in ("errors", "devices", "cusum", "mixture_peak", "cusum_peak"):
        assert getattr(after, name) >= getattr(before, name) - 1e-9, name


@given(buckets, st.integers(0, 40), st.sampled_from("abcde"))
@settings(deadline=None, database=None, derandomize=True)
def test_an_error_of_any_device_anywhere_never_lowers_the_count_nor_the_mixture(
    rows: list[tuple[int, list[str]]], at: int, device: str
) -> None:
    rows = [*rows, (0, [])]
    at = min(at, len(rows) - 1)
    worse = [(good, [*failed, device] if place == at else failed) for place, (good, failed) in enumerate(rows)]
    before, after = fed(rows).tally, fed(worse).tally
    for name in ("errors", "devices", "mixture_peak"):
        assert getattr(after, name) >= getattr(before, name) - 1e-9, name
