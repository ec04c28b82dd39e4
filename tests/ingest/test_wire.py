"""Every shape devices send becomes the same rows, dead letters and alerts, whichever path its device takes."""

from pathlib import Path

import pytest
from django.db import connection

from rollout.buckets import bucket
from tests.ingest import paths
from tests.ingest.expected import EXPECTED, Outcome

WIRE = Path(__file__).resolve().parents[1] / "wire"
FILES = sorted(path.name for path in WIRE.glob("*.json"))

pytestmark = pytest.mark.usefixtures("edge")


def body(name: str) -> bytes:
    return (WIRE / name).read_bytes()


def kind_of(name: str) -> str:
    return "event" if name.startswith("batch-") else name.partition("-")[0]


def spellings_of(name: str) -> list[str]:
    """The paths that take this file: every one of its kind; a batch of all kinds has its own."""
    return [path for path in paths.spellings(kind_of(name)) if path.startswith("/batch/") or "batch-" not in name]


def path_of(name: str) -> str:
    return spellings_of(name)[0]


def check(name: str, answer: paths.Answer, status: str = "success") -> None:
    outcome = EXPECTED[name]
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert answer.body["status"] == status
    assert answer.body["success"] is True
    assert answer.body["accepted"] == outcome.accepted
    assert answer.body["rejected"] == outcome.rejected


def stored(outcome: Outcome) -> tuple[paths.Rows, list[tuple[str, str, str, bytes]]]:
    return paths.in_order(outcome.rows), sorted(outcome.dead)


def test_every_wire_file_has_an_expected_outcome() -> None:
    assert sorted(EXPECTED) == FILES


@pytest.mark.parametrize("percentage", [0, 50, 100])
@pytest.mark.parametrize("name", FILES)
def test_a_wire_file_becomes_its_rows_and_dead_letters(name: str, percentage: int) -> None:
    paths.share(percentage)
    check(name, paths.post(path_of(name), body(name)))
    paths.drain()
    assert (paths.rows(), paths.dead()) == stored(EXPECTED[name])


@pytest.mark.parametrize(("name", "path"), [(name, path) for name in FILES for path in spellings_of(name)])
def test_every_spelling_of_a_path_stores_the_same(name: str, path: str) -> None:
    paths.share(50)
    check(name, paths.post(path, body(name)), "accepted" if "_v2" in path else "success")
    paths.drain()
    assert (paths.rows(), paths.dead()) == stored(EXPECTED[name])


@pytest.mark.parametrize("name", FILES)
def test_a_file_sent_on_both_paths_in_turn_is_stored_once(name: str) -> None:
    for percentage in (0, 100, 0, 100):
        paths.share(percentage)
        check(name, paths.post(path_of(name), body(name)))
        paths.drain()
    assert (paths.rows(), paths.dead()) == stored(EXPECTED[name])


@pytest.mark.parametrize("percentage", [0, 50, 100])
def test_a_whole_fleet_is_stored_whatever_the_share(percentage: int) -> None:
    paths.share(percentage)
    for name in FILES:
        paths.post(path_of(name), body(name))
    paths.drain()
    everything: paths.Rows = {}
    for outcome in EXPECTED.values():
        for table, rows in outcome.rows.items():
            everything.setdefault(table, []).extend(rows)
    assert paths.rows() == paths.in_order(everything)
    assert paths.dead() == sorted(letter for outcome in EXPECTED.values() for letter in outcome.dead)


@pytest.mark.parametrize(("percentage", "below"), [(0, 0), (50, 5_000), (100, 10_000)])
def test_a_device_is_on_the_stream_exactly_when_its_bucket_is_below_the_share(percentage: int, below: int) -> None:
    paths.share(percentage)
    serials = {row["device_sn"] for outcome in EXPECTED.values() for row in outcome.rows.get("health", [])}
    for name in FILES:
        paths.post(path_of(name), body(name))
    on_stream = set(paths.streamed()) & serials
    assert on_stream == {serial for serial in serials if bucket("plan-1", serial) < below}
    assert percentage != 50 or 0 < len(on_stream) < len(serials)
    assert {row["device_sn"] for row in paths.rows().get("health", [])} == serials - on_stream


def test_times_are_stored_as_naive_shanghai_time() -> None:
    paths.post("/upload_health_data", body("health-guide-example.json"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT timestamp FROM t_user_health_data")
        assert str(cursor.fetchone()[0]) == "2022-01-01 08:00:00"


def test_a_repeated_device_state_changes_nothing_and_an_older_one_does_not_go_back() -> None:
    newer = b'{"SerialNumber":"SYNTH1","batteryLevel":40,"timestamp":"2026-09-02 18:00:00"}'
    older = b'{"SerialNumber":"SYNTH1","batteryLevel":90,"timestamp":"2026-09-02 17:00:00"}'
    for sent in (newer, older, older, newer):
        assert paths.post("/upload_device_info", sent).body["accepted"] == 1
    assert [row["battery_level"] for row in paths.rows()["device"]] == [40]
    assert sorted(row["battery_level"] for row in paths.rows()["history"]) == [40, 90]


@pytest.mark.parametrize("percentage", [0, 100])
def test_a_reading_without_owners_takes_those_of_its_device(percentage: int) -> None:
    paths.share(percentage)
    paths.post("/upload_device_info", body("device-partner-list.json"))
    paths.drain()
    paths.post("/upload_health_data", b'{"data":{"deviceSn":"SYNTH_DEV_001","heart_rate":70,"customerId":"0"}}')
    paths.drain()
    (reading,) = paths.rows()["health"]
    assert (reading["customer_id"], reading["org_id"], reading.get("user_id")) == (1900000000000000001, 11, None)


def test_hosts_and_accept_headers_of_devices_do_not_matter() -> None:
    answer = paths.post(
        "/upload_health_data", body("health-guide-example.json"), HTTP_HOST="10.0.0.1:99999", HTTP_ACCEPT="text/xml"
    )
    assert (answer.status, answer.content_type) == (200, "application/json")
