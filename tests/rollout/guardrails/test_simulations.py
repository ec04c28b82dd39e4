"""How often both detectors are wrong, and how soon they are right: measured, with fixed seeds."""

from random import Random

import pytest

from tests.rollout.guardrails.detected import mixture_acts, record_by_record, restarting_acts, second_by_second

RECORDS = 100_000


def test_one_percent_of_errors_never_acts_record_by_record() -> None:
    random = Random(1)
    for _run in range(40):
        *_, last = record_by_record(random, rate=0.01, records=RECORDS)
        assert 800 < last.errors < 1_200
        assert not mixture_acts(last)
        assert not restarting_acts(last)


@pytest.mark.parametrize(("per_second", "runs"), [(100, 60), (5_000, 200)])
def test_one_percent_of_errors_never_acts_second_by_second(per_second: int, runs: int) -> None:
    random = Random(2)
    for _run in range(runs):
        tally = second_by_second(random, rate=0.01, records=RECORDS, per_second=per_second)
        assert 800 < tally.errors + tally.repeats < 1_200
        assert not mixture_acts(tally)
        assert not restarting_acts(tally)


@pytest.mark.parametrize(
    ("rate", "within"), [(0.06, RECORDS), (0.07, 50_000), (0.1, 5_000), (0.2, 1_000), (0.5, 200), (0.99, 30)]
)
def test_six_percent_or_more_acts(rate: float, within: int) -> None:
    random = Random(3)
    for _run in range(20):
        mixture = restarting = False
        for tally in record_by_record(random, rate=rate, records=within):
            mixture, restarting = mixture_acts(tally), restarting_acts(tally)
            if mixture and restarting:
                break
        assert (mixture, restarting) == (True, True)


@pytest.mark.parametrize(("rate", "within"), [(0.08, 20_000), (0.2, 2_000)])
def test_six_percent_or_more_acts_second_by_second(rate: float, within: int) -> None:
    random = Random(4)
    for _run in range(20):
        tally = second_by_second(random, rate=rate, records=within, per_second=100)
        assert mixture_acts(tally)
        assert restarting_acts(tally)


def test_at_exactly_five_percent_the_mixture_is_wrong_in_one_run_of_twenty_at_most() -> None:
    """Ville: P(E ever reaches 20) ≤ 1/20. Some of the runs must be wrong, else nothing was measured."""
    random, runs = Random(5), 600
    alarms = sum(
        any(mixture_acts(tally) for tally in record_by_record(random, rate=0.05, records=3_000)) for _run in range(runs)
    )
    assert 0.01 < alarms / runs <= 0.05


def test_at_exactly_five_percent_the_restarting_detector_takes_a_thousand_records_to_be_wrong() -> None:
    """mean exp(s) is at most a Shiryaev-Roberts sum R with E[R(n)] = n: the mean time to an alarm is at least 1,000."""
    random, times = Random(6), []
    for _run in range(60):
        for tally in record_by_record(random, rate=0.05, records=10 * RECORDS):
            if restarting_acts(tally):
                times.append(tally.good + tally.errors)
                break
    assert len(times) == 60
    assert sum(times) / len(times) >= 1_000
