"""What Prometheus reads: standard names, counters that never fall, histograms that add up."""

from prometheus_client.parser import text_string_to_metric_families

from monitoring import exposition
from monitoring.bucket import Bucket
from monitoring.figures import Figures


def read(text: bytes) -> dict[str, dict[tuple[str, ...], float]]:
    """Samples by name and label values, as a scraper parses them."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def figures(*latencies: float, errors: int = 0) -> Figures:
    bucket = Bucket("stream", "health", 1, uploads=len(latencies), good=10)
    for seconds in latencies:
        bucket.latency.add(seconds)
    for number in range(errors):
        bucket.fail("dead", 1, f"device-{number}")
    found = Figures(seconds=1)
    found.count(bucket)
    return found


def test_counters_and_histograms_have_standard_names_and_units() -> None:
    told = read(exposition.text(exposition.totals(figures(0.02, 0.02, 1.5, 200.0, errors=3), until=1_790_000_000)))
    assert told["ljwx_uploads_total"] == {("legacy",): 0, ("stream",): 4}
    assert told["ljwx_records_total"] == {("legacy",): 0, ("stream",): 10}
    assert told["ljwx_record_errors_total"][("stream", "dead")] == 3
    assert told["ljwx_counted_until_timestamp_seconds"] == {(): 1_790_000_000}
    assert told["ljwx_upload_duration_seconds_count"] == {("legacy",): 0, ("stream",): 4}
    buckets = told["ljwx_upload_duration_seconds_bucket"].items()
    at = {
        next(label for label in labels if label != "stream"): value for labels, value in buckets if "stream" in labels
    }
    assert (at["0.01"], at["0.025"], at["1.0"], at["2.0"], at["30.0"], at["+Inf"]) == (0, 2, 2, 3, 3, 4)
    assert list(at.values()) == sorted(at.values())


def test_both_paths_and_every_reason_begin_with_nothing() -> None:
    told = read(exposition.text(exposition.totals(Figures(), until=None)))
    reasons = ("dead", "fallback", "lost", "refused")
    assert told["ljwx_record_errors_total"] == {
        (path, reason): 0 for path in ("legacy", "stream") for reason in reasons
    }
    assert told["ljwx_uploads_total"] == told["ljwx_upload_duration_seconds_count"] == {("legacy",): 0, ("stream",): 0}


def test_mirrored_copies_have_reasons_of_their_own() -> None:
    found = Figures(seconds=1)
    bucket = Bucket("shadow", "health", 1)
    bucket.fail("dropped", 2, "")
    found.count(bucket)
    told = read(exposition.text(exposition.totals(found, until=None)))["ljwx_record_errors_total"]
    assert {labels: count for labels, count in told.items() if "shadow" in labels} == {
        ("shadow", "dropped"): 2,
        ("shadow", "dead"): 0,
    }


def test_no_label_holds_a_device() -> None:
    assert b"device-" not in exposition.text(exposition.totals(figures(0.1, errors=2), until=None))


def test_what_is_not_known_has_no_sample() -> None:
    told = read(exposition.text([exposition.gauge("ljwx_x", "x", {("a",): None, ("b",): 0.0}, ("kind",))]))
    assert told == {"ljwx_x": {("b",): 0}}
