"""When there is one consumer more or fewer, as tables of samples."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming import autoscaling
from streaming.autoscaling import CALM_S, RETRY_S, SAMPLE_EVERY_S, Limit, Memory, Reason, Sample, judge

LATE = {"age_s": 60.0, "backlog": 5_000}
CALM = {"age_s": 0.0, "backlog": 0}
BETWEEN = {"age_s": 10.0, "backlog": 5_000}


class Fleet:
    """Follows the rules at once, and remembers what they say."""

    def __init__(self, desired: int = 2, *, wanted: int = 2, maximum: int = 8) -> None:
        self.now = 1_000.0
        self.desired = desired
        self.wanted = wanted
        self.maximum = maximum
        self.memory: Memory | None = None
        self.course: list[int] = []

    def look(self, times: int = 1, *, every: float = SAMPLE_EVERY_S, **values: Any) -> list[int]:
        """That many samples; returns the number that was desired after each."""
        for _ in range(times):
            self.now += every
            given = {"running": self.desired, "rate": 1_000.0, **CALM, **values}
            sample = Sample(at=self.now, wanted=self.wanted, desired=self.desired, **given)
            self.memory = judge(self.memory, sample, maximum=self.maximum)
            self.desired = self.memory.desired
            self.course.append(self.desired)
        return self.course[-times:]

    @property
    def limit(self) -> Limit | None:
        assert self.memory
        return self.memory.limit


@pytest.mark.parametrize(
    ("samples", "course"),
    [
        ([LATE] * 3, [2, 2, 3]),
        ([LATE, LATE, BETWEEN, LATE, LATE, LATE], [2, 2, 2, 2, 2, 3]),
        ([BETWEEN] * 5, [2] * 5),
        ([CALM] * 5, [2] * 5),
        ([{"age_s": 15.0, "backlog": 5_000}] * 5, [2] * 5),
        ([{"age_s": 15.1, "backlog": 1_000}] * 3, [2, 2, 3]),
    ],
    ids=["late", "interrupted", "not late enough", "calm", "at the threshold", "just late"],
)
def test_three_late_samples_in_a_row_are_one_more(samples: Sequence[dict[str, Any]], course: list[int]) -> None:
    subject = Fleet()
    for sample in samples:
        subject.look(**sample)
    assert subject.course == course


def test_a_few_old_entries_of_a_dead_consumer_are_no_queue() -> None:
    assert Fleet().look(10, age_s=60.0, backlog=999) == [2] * 10


def test_nobody_is_added_while_those_that_there_should_be_do_not_run() -> None:
    subject = Fleet()
    assert subject.look(10, **LATE, running=1) == [2] * 10
    assert subject.look(1, **LATE) == [3]


@pytest.mark.parametrize(
    ("rate", "more"), [(0.0, False), (1_000.0, False), (1_100.0, False), (1_101.0, True), (2_000.0, True)]
)
def test_another_is_added_only_when_the_one_before_has_brought_something(rate: float, more: bool) -> None:
    subject = Fleet()
    subject.look(3, **LATE, rate=1_000.0)
    assert subject.desired == 3
    subject.look(1, **LATE, rate=1_000.0)  # partly from before
    subject.look(3, **LATE, rate=rate)
    assert subject.desired == (3 if more else 2)
    assert subject.look(3, **LATE, rate=rate)[-1] == (4 if more else 2)
    assert subject.limit == (None if more else Limit(Reason.EFFECT, 2, 1_000.0, rate))


def test_a_database_that_stores_nothing_is_not_helped_by_more_consumers() -> None:
    subject = Fleet()
    subject.look(7, **LATE, rate=0.0)
    assert (subject.desired, subject.limit) == (2, Limit(Reason.EFFECT, 2, 0.0, 0.0))


def test_the_effect_is_measured_from_when_the_new_one_runs() -> None:
    subject = Fleet()
    subject.look(3, **LATE)
    assert subject.look(3, **LATE, running=2, rate=1_000.0) == [3, 3, 3]
    subject.look(1, **LATE, running=3, rate=1_000.0)
    assert subject.look(3, **LATE, running=3, rate=1_500.0) == [3, 3, 3]
    assert subject.limit is None


def test_one_that_does_not_come_to_life_is_given_up() -> None:
    subject = Fleet()
    subject.look(3, **LATE)
    assert subject.look(7, **LATE, running=2) == [3] * 6 + [2]
    assert subject.limit == Limit(Reason.START, 2, 1_000.0)


def test_a_backlog_that_is_gone_meanwhile_ends_the_check_without_a_verdict() -> None:
    subject = Fleet()
    subject.look(3, **LATE)
    assert subject.look(4, **CALM, rate=10.0) == [3] * 4
    assert (subject.limit, subject.memory and subject.memory.trial) == (None, None)


def test_after_a_refusal_nothing_is_tried_for_ten_minutes_and_then_once_more() -> None:
    subject = Fleet()
    subject.look(7, **LATE)
    assert subject.limit
    times = int(RETRY_S / SAMPLE_EVERY_S)
    assert set(subject.look(times - 1, **LATE)) == {2}
    assert subject.look(1, **LATE) == [3]


def test_what_the_limit_is_stands_until_the_backlog_is_young_again() -> None:
    subject = Fleet()
    subject.look(7, **LATE)
    subject.look(2, **CALM)
    assert subject.limit
    subject.look(1, **LATE)
    subject.look(2, **BETWEEN)
    assert subject.limit
    subject.look(1, **BETWEEN)
    assert subject.limit is None
    assert subject.look(3, **LATE) == [2] * 3  # still no new try


def test_the_maximum_is_kept_and_said() -> None:
    subject = Fleet(8, maximum=8)
    assert subject.look(5, **LATE) == [8] * 5
    assert subject.limit == Limit(Reason.MAXIMUM, 8)
    subject.look(3, **CALM)
    assert subject.limit is None


def test_a_long_calm_takes_one_at_a_time_down_to_what_people_asked_for() -> None:
    subject = Fleet(4, wanted=2)
    times = int(CALM_S / SAMPLE_EVERY_S)
    assert subject.look(times, **CALM) == [4] * times
    assert subject.look(1, **CALM) == [3]
    assert subject.look(times - 1, **CALM) == [3] * (times - 1)
    assert subject.look(1, **CALM) == [2]
    assert set(subject.look(3 * times, **CALM)) == {2}


@pytest.mark.parametrize("disturbed", [LATE, BETWEEN, {"age_s": 0.0, "backlog": 1_000}])
def test_a_calm_that_is_disturbed_begins_again(disturbed: dict[str, Any]) -> None:
    subject = Fleet(3, wanted=2)
    times = int(CALM_S / SAMPLE_EVERY_S)
    subject.look(times, **CALM)
    subject.look(1, **disturbed)
    assert set(subject.look(times, **CALM)) == {3}
    assert subject.look(1, **CALM) == [2]


def test_a_number_that_somebody_else_sets_starts_everything_anew() -> None:
    subject = Fleet()
    subject.look(7, **LATE)
    assert subject.limit
    subject.desired = subject.wanted = 4
    assert subject.look(3, **LATE) == [4, 4, 5]


def test_samples_with_a_gap_between_them_are_no_streak() -> None:
    subject = Fleet()
    subject.look(2, **LATE)
    assert subject.look(1, **LATE, every=61) == [2]
    assert subject.look(2, **LATE) == [2, 3]


def test_a_check_with_a_gap_in_it_begins_again() -> None:
    subject = Fleet()
    subject.look(3, **LATE)
    subject.look(3, **LATE, rate=5_000.0)
    assert subject.look(4, **LATE, every=70, rate=1_000.0) == [3] * 4
    assert subject.look(3, **LATE, rate=1_000.0) == [3, 3, 2]


looks = st.fixed_dictionaries(
    {
        "age_s": st.sampled_from([0.0, 4.0, 10.0, 16.0, 300.0]),
        "backlog": st.sampled_from([0, 500, 2_000, 50_000]),
        "rate": st.floats(0, 20_000),
        "every": st.sampled_from([10.0, 10.0, 10.0, 70.0]),
    }
)


@given(course=st.lists(looks, max_size=120), wanted=st.integers(1, 4), missing=st.integers(0, 1))
def test_whatever_happens_it_changes_by_one_and_stays_within_the_limits(
    course: list[dict[str, Any]], wanted: int, missing: int
) -> None:
    subject = Fleet(wanted, wanted=wanted, maximum=4)
    for look in course:
        before = subject.desired
        subject.look(**look, running=subject.desired - missing)
        assert wanted <= subject.desired <= 4
        assert abs(subject.desired - before) <= 1


@settings(max_examples=15)
@given(rates=st.lists(st.floats(990, 1_010), min_size=400, max_size=400))
def test_it_does_not_flap_where_the_database_is_the_limit(rates: list[float]) -> None:
    subject = Fleet()
    for rate in rates:
        subject.look(**LATE, rate=rate)
    changes = sum(before != after for before, after in zip(subject.course, subject.course[1:], strict=False))
    assert changes <= 2 * (400 * SAMPLE_EVERY_S / RETRY_S + 1)
    assert autoscaling.RETRY_S >= 600
