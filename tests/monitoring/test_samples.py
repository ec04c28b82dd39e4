"""The history of the figures: what is kept, for how long, and how it is drawn."""

import pytest

from monitoring import samples
from monitoring.bucket import Bucket
from monitoring.figures import Figures, gauges
from monitoring.models import Sample

pytestmark = pytest.mark.django_db

BEGIN = 1_790_000_100


def second(*, uploads: int = 10, slow: int = 0, wrong: int = 0, backlog: float = 0, consumers: float = 2) -> Figures:
    """A second of the stream path: uploads of 10 ms, some of 2 s."""
    bucket = Bucket("stream", "health", 1, uploads=uploads + slow, good=uploads + slow - wrong)
    for seconds in (0.01,) * uploads + (2.0,) * slow:
        bucket.latency.add(seconds)
    for _ in range(wrong):
        bucket.fail("dead", 1, "a")
    found = Figures(seconds=1, high={"backlog:health": backlog}, low={"consumers": consumers})
    found.count(bucket)
    return found


def keep(begin: int, seconds: list[Figures]) -> None:
    samples.write(dict(enumerate(seconds, begin)), until=begin + len(seconds))


def steps() -> dict[int, int]:
    found: dict[int, int] = {}
    for step in Sample.objects.values_list("step_s", flat=True):
        found[step] = found.get(step, 0) + 1
    return found


def test_a_second_has_its_rates_quantiles_and_gauges() -> None:
    keep(BEGIN, [second(uploads=99, slow=1, wrong=10, backlog=7)])
    ((at, told),) = samples.newest(5)
    assert at == BEGIN
    assert told == {
        "uploads:stream": 100, "errors:stream": 0.1, "p50:stream": pytest.approx(0.01, rel=0.06),
        "p99:stream": pytest.approx(0.01, rel=0.06), "backlog:health": 7, "consumers": 2,
    }  # fmt: skip


def test_longer_stretches_have_the_true_quantile_the_mean_rate_and_the_worst_gauge() -> None:
    keep(BEGIN, [second(backlog=n, consumers=4 - n % 2) for n in range(9)] + [second(uploads=0, slow=10)])
    assert samples.thin() == 1
    told = samples.series(BEGIN, BEGIN + 3600)
    assert (told.step_s, told.seconds) == (10, [BEGIN])
    assert told.values["uploads:stream"] == [10]
    assert told.values["p50:stream"] == [pytest.approx(0.01, rel=0.06)]
    assert told.values["p99:stream"] == [pytest.approx(2, rel=0.06)]
    assert (told.values["backlog:health"], told.values["consumers"]) == ([8], [2])


def test_a_stretch_is_thinned_once_when_it_is_over() -> None:
    keep(BEGIN, [second() for _ in range(9)])
    assert samples.thin() == 0
    keep(BEGIN + 9, [second() for _ in range(301)])
    assert samples.thin() == 31 + 1
    assert samples.thin() == 0
    assert steps() == {0: 1, 1: 310, 10: 31, 300: 1}
    assert samples.series(BEGIN, BEGIN + 24 * 3600).values["uploads:stream"] == [10]


def test_a_leader_that_comes_later_makes_up_for_what_was_left() -> None:
    for begin in (BEGIN, BEGIN + 30):
        keep(begin, [second() for _ in range(30)])
    assert samples.written() == BEGIN + 60
    assert samples.thin() == 6
    assert steps()[10] == 6


def test_a_second_counts_once_however_often_it_is_told() -> None:
    keep(BEGIN, [second(wrong=1)])
    keep(BEGIN, [second(wrong=1), second(wrong=1)])
    assert samples.total().paths["stream"].uploads == 20
    assert samples.total().paths["stream"].errors == {"dead": 2}
    assert steps() == {0: 1, 1: 2}


def test_the_total_outlives_every_row_and_holds_no_gauge() -> None:
    keep(BEGIN, [second() for _ in range(20)])
    samples.thin()
    samples.prune(moment=BEGIN + 400 * 24 * 3600)
    assert steps() == {0: 1}
    assert samples.total().paths["stream"].uploads == 200
    assert (samples.total().high, samples.total().low) == ({}, {})


@pytest.mark.parametrize(("step", "life"), samples.KEPT.items())
def test_each_row_is_kept_for_its_time_and_not_longer(step: int, life: int) -> None:
    Sample.objects.bulk_create(Sample(step_s=step, at=BEGIN + n, data="{}") for n in range(3))
    assert samples.prune(moment=BEGIN + life + 1) == 1
    assert list(Sample.objects.values_list("at", flat=True)) == [BEGIN + 1, BEGIN + 2]


def test_the_storage_is_bounded() -> None:
    assert sum(life // step for step, life in samples.KEPT.items()) == 18_180


@pytest.mark.parametrize(
    ("minutes", "step", "points"), [(15, 1, 900), (60, 10, 360), (360, 10, 720), (1440, 300, 288), (43_200, 300, 864)]
)
def test_a_chart_has_points_enough_and_not_too_many(minutes: int, step: int, points: int) -> None:
    assert samples.step_of(60 * minutes) == step
    begin = BEGIN // 3000 * 3000
    Sample.objects.bulk_create(
        Sample(step_s=step, at=begin + n, data='{"seconds":1}') for n in range(0, 60 * minutes, step)
    )
    told = samples.series(begin, begin + 60 * minutes)
    assert len(told.seconds) == points
    assert told.step_s == 60 * minutes // points


def test_what_was_not_measured_is_absent_and_not_zero() -> None:
    assert gauges({"cpu": None, "redis": 0.0, "memory": float("nan"), "age:health": float("inf")}) == {"redis": 0.0}
    keep(BEGIN, [Figures(seconds=1), second()])
    assert samples.series(BEGIN, BEGIN + 900).values["uploads:stream"] == [None, 10]
    assert samples.series(BEGIN, BEGIN + 900).values["errors:stream"] == [None, 0]
