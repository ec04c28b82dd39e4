"""What is taken from the told seconds of a path."""

from monitoring.bucket import Bucket
from rollout.controller.tallies import Recent


def test_the_quantiles_are_of_the_path_and_of_the_epochs_time_alone() -> None:
    recent = Recent(keep_s=900)
    for second, path, seconds in (
        (100, "stream", 9.0),
        (200, "stream", 0.01),
        (201, "stream", 0.5),
        (201, "legacy", 9),
    ):
        bucket = Bucket(path, "health", 1, second)
        for _ in range(98 if seconds == 0.01 else 2):
            bucket.latency.add(seconds)
        recent.add([bucket], until=202)
    found = recent.accept("stream", least=200, since=150.0)
    assert found is not None
    assert (found.requests, found.since, found.until) == (100, 200.0, 202.0)
    assert 0.009 < (found.p50_s or 0) < 0.011
    assert 0.45 < (found.p99_s or 0) < 0.55
