"""Rates, errors and quantiles of both paths."""

from typing import Any

import pytest

from ljwx import databaseclock
from monitoring import evidence, tallies
from monitoring.bucket import Bucket
from monitoring.models import Sample, Tally
from rollout.api.metrics import series, window
from tests.rollout.api.conftest import Caller


def bucket(path: str, *, second: int = 0, good: int = 0, wrong: int = 0, latencies: tuple[float, ...] = ()) -> Bucket:
    made = Bucket(path, "health", 1, second, uploads=len(latencies), good=good)
    for seconds in latencies:
        made.latency.add(seconds)
    if wrong:
        made.fail("refused", wrong, "")
    return made


def test_the_figures_of_some_buckets_add_up() -> None:
    told = window.figures([bucket("stream", good=90, latencies=(0.01,) * 99), bucket("stream", wrong=10)], seconds=10)
    assert (told["uploads"], told["uploads_per_s"], told["records_per_s"]) == (99, 9.9, 10)
    assert (told["errors"], told["error_rate"], told["errors_by_reason"]) == (10, 0.1, {"refused": 10})
    assert told["p50_ms"] == told["p99_ms"] == pytest.approx(10, rel=0.06)


def test_what_was_not_seen_is_not_zero() -> None:
    told = window.figures([], seconds=60)
    assert (told["error_rate"], told["p50_ms"], told["p99_ms"]) == (None, None, None)
    assert (told["uploads"], told["records"]) == (0, 0)


@pytest.mark.parametrize("minutes", [1, 2, 15])
def test_a_series_has_sixty_points_and_each_bucket_is_in_one(minutes: int) -> None:
    buckets = [bucket("legacy", second=second, latencies=(0.01,)) for second in range(1000, 1000 + 60 * minutes)]
    told = series.points(buckets, since=1000, until=1000 + 60 * minutes)
    assert (told["step_s"], len(told["seconds"]), told["seconds"][0]) == (minutes, 60, 1000)
    assert told["paths"]["legacy"]["uploads_per_s"] == [1.0] * 60
    assert told["paths"]["legacy"]["error_rate"] == [None] * 60


def write(*buckets: Bucket, ago: float) -> None:
    Tally.objects.create(
        process="p", number=Tally.objects.count(), written=databaseclock.now() - ago, data=tallies.encode(buckets)
    )


def test_both_paths_are_told_with_their_backlog(operator: Caller) -> None:
    write(bucket("stream", good=3, latencies=(0.01,)), bucket("legacy", good=1, wrong=1), ago=10)
    write(bucket("stream", good=3, latencies=(0.01,)), ago=300)
    told: dict[str, Any] = operator.get("metrics").json()
    assert told["unknown"] == {}
    assert told["evidence"]["window_s"] == 60
    assert {path: each["records"] for path, each in told["evidence"]["paths"].items()} == {"legacy": 2, "stream": 3}
    assert told["evidence"]["paths"]["legacy"]["error_rate"] == 0.5
    assert 2 <= told["evidence"]["age_s"] < 10
    assert told["backlog"]["health"]["backlog"] == 0
    told = operator.get("metrics", minutes=15).json()["evidence"]
    assert told["paths"]["stream"]["records"] == 6
    assert sum(rate * told["series"]["step_s"] for rate in told["series"]["paths"]["stream"]["records_per_s"]) == (
        pytest.approx(6)
    )


def test_nothing_told_is_no_path_at_all(operator: Caller) -> None:
    assert operator.get("metrics").json()["evidence"]["paths"] == {}


@pytest.mark.parametrize("minutes", ["0", "43201", "x", "1.5"])
def test_only_what_is_kept_can_be_asked_for(operator: Caller, minutes: str) -> None:
    answer = operator.get("metrics", minutes=minutes)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["minutes"])


def test_without_redis_the_evidence_is_told(operator: Caller, settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    told = operator.get("metrics").json()
    assert set(told["unknown"]) == {"backlog"}
    assert told["evidence"]["paths"] == {}


def test_the_history_is_told_with_what_moved_traffic_meanwhile(operator: Caller) -> None:
    until = evidence.settled()
    for minutes_ago, uploads in ((40, 7), (2, 5)):
        at = (until - 60 * minutes_ago) // 10 * 10
        data = f'{{"seconds":10,"paths":{{"legacy":{{"uploads":{uploads * 10}}}}}}}'
        Sample.objects.create(step_s=10, at=at, data=data)
    operator.post("switch_traffic", {"percentage": 5, "kind": "event", "reason": "first"})
    told = operator.get("metrics", minutes=60).json()["history"]
    assert (told["step_s"], told["values"]["uploads:legacy"]) == (10, [7, 5])
    assert len(told["seconds"]) == 2
    assert [(each["kind"], each["to"], each["reason"], each["actor"]) for each in told["changes"]] == [
        ("event", 5, "first", "operator")
    ]
    assert operator.get("metrics", minutes=30).json()["history"]["values"]["uploads:legacy"] == [5]
    assert "history" not in operator.get("metrics").json()
