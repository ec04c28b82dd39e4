"""Every way an upload can end is told under the path, kind and epoch of its device's share, and without its serial."""

import json
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from ingest import accept, upload
from ingest.accept import CanNotAccept, commit_of
from ingest.records import Health
from ingest.response import UploadResponse
from ljwx import databaseclock
from ljwx.redis import client
from monitoring import evidence, flushing, processes, tallies
from monitoring.bucket import Bucket, Key
from monitoring.models import ProcessReport, Tally
from monitoring.processes import Role
from rollout import override, routes
from streaming import handling, registry, safety
from streaming.acknowledging import acknowledge
from streaming.envelope import FIELD
from streaming.failures import Unavailable
from streaming.safety import Gate
from tests.ingest import paths
from tests.streaming import entries

NOWHERE = "unix:///nowhere/redis.sock?db=0"
STREAM, LEGACY = "stream", "legacy"
# The kinds' epochs are 2 after one change of a share.
CHANGED = 2

pytestmark = pytest.mark.usefixtures("edge")


def reading(serial: str, **values: Any) -> dict[str, Any]:
    return {"deviceSn": serial, "heart_rate": 70, "timestamp": "2026-09-02 17:00:00", **values}


def post(*readings: Any, path: str = "/upload_health_data") -> int:
    return paths.post(path, json.dumps(list(readings)).encode()).status


def told() -> dict[Key, Bucket]:
    return {bucket.key: bucket for bucket in tallies.told()}


def counts(bucket: Bucket) -> dict[str, Any]:
    """What is not 0."""
    found = {"uploads": bucket.uploads, "accepted": bucket.accepted, "good": bucket.good, **bucket.errors}
    return {name: count for name, count in found.items() if count}


def open_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process take the stream for open, whatever Redis says."""
    monkeypatch.setattr(safety, "current", SimpleNamespace(get=lambda: Gate(True)))


def test_a_record_of_the_legacy_path_is_good_when_it_is_answered() -> None:
    paths.share(0)
    assert post(reading("A"), reading("B"), {"no": "serial"}) == 200
    found = told()
    assert set(found) == {Key(LEGACY, "health", 1)}
    bucket = found[LEGACY, "health", 1]
    assert counts(bucket) == {"uploads": 1, "good": 2}
    assert bucket.latency.count == 1


def test_a_record_of_the_stream_is_pending_until_a_consumer_has_stored_it() -> None:
    paths.share(100)
    assert post(reading("A"), {"no": "serial"}) == 200
    key = Key(STREAM, "health", CHANGED)
    assert counts(told()[key]) == {"uploads": 1, "accepted": 1}
    paths.drain()
    assert {key: counts(bucket) for key, bucket in told().items()} == {key: {"uploads": 1, "accepted": 1, "good": 1}}


def test_what_a_device_sends_twice_is_good_with_the_same_values_and_with_others() -> None:
    paths.share(100)
    for heart_rate in (70, 70, 71):
        post(reading("A", heart_rate=heart_rate))
        paths.drain()
    assert counts(told()[STREAM, "health", CHANGED]) == {"uploads": 3, "accepted": 3, "good": 3}
    assert len(paths.dead()) == 1


@pytest.mark.parametrize("closed", ["silent", "unsafe"])
def test_what_only_the_fallback_has_saved_is_an_error_of_the_stream(
    monkeypatch: pytest.MonkeyPatch, settings: Any, closed: str
) -> None:
    paths.share(100)
    if closed == "silent":
        settings.REDIS_URL = NOWHERE
        open_stream(monkeypatch)
    else:
        monkeypatch.setattr(safety, "current", SimpleNamespace(get=lambda: Gate(False, "appendonly: no")))
    # The second time the breaker spares it the wait, and its route is not the stream any more.
    for _ in range(2):
        assert post(reading("A")) == 200
    found = told()
    assert set(found) == {Key(STREAM, "health", CHANGED)}
    bucket = found[STREAM, "health", CHANGED]
    assert counts(bucket) == {"uploads": 2, "fallback": 2}
    assert bucket.devices == {tallies.device_hash("A"): 2}


@pytest.mark.parametrize(("percentage", "path", "epoch"), [(0, LEGACY, 1), (100, STREAM, CHANGED)])
def test_a_refused_upload_is_an_error_of_the_path_of_its_share(
    monkeypatch: pytest.MonkeyPatch, settings: Any, percentage: int, path: str, epoch: int
) -> None:
    paths.share(percentage)
    open_stream(monkeypatch)
    settings.REDIS_URL = NOWHERE

    def fail(*args: Any) -> None:
        raise Unavailable("test")

    monkeypatch.setattr(accept, "store", fail)
    assert post(reading("A"), reading("B")) == 503
    found = told()
    assert set(found) == {Key(path, "health", epoch)}
    assert counts(found[path, "health", epoch]) == {"uploads": 1, "refused": 2}
    assert found[path, "health", epoch].latency.count == 1


def test_a_refused_upload_does_not_blame_the_stream_for_what_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    paths.share(100)
    request: Any = SimpleNamespace(defers_commit=True)
    taken = upload.read(json.dumps([reading("A")]).encode(), kind="health", depth=16, most=500)
    commit = commit_of(taken, lane=accept.ROUTED)
    commit.run()
    UploadResponse(commit, request).settle(CanNotAccept())
    assert counts(told()[STREAM, "health", CHANGED]) == {"uploads": 1, "accepted": 1}


def test_a_record_that_the_database_refuses_is_dead_on_the_legacy_path(monkeypatch: pytest.MonkeyPatch) -> None:
    # The edge lets it through, and no database holds it.
    for reader in ("health", "typed"):
        monkeypatch.setattr(f"ingest.readers.{reader}.method", lambda value: None if value == "bad" else "wifi")
    post(reading("A"), reading("BAD", upload_method="bad"), reading("C"))
    assert [letter[1] for letter in paths.dead()] == ["BAD"]
    bucket = told()[LEGACY, "health", 1]
    assert counts(bucket) == {"uploads": 1, "good": 2, "dead": 1}
    assert bucket.devices == {tallies.device_hash("BAD"): 1}


def test_a_record_that_the_database_refuses_is_dead_in_the_consumer() -> None:
    entries.put("health", *entries.readings(2), Health("BAD", entries.FIVE, sleep_data="{not json"), epoch=7)
    entries.put("health", Health("C", entries.FIVE), epoch=8)
    paths.drain()
    found = told()
    assert counts(found[STREAM, "health", 7]) == {"good": 2, "dead": 1}
    assert found[STREAM, "health", 7].devices == {tallies.device_hash("BAD"): 1}
    assert counts(found[STREAM, "health", 8]) == {"good": 1}


def test_an_entry_that_was_deleted_before_it_was_stored_is_an_error_of_an_unknown_route() -> None:
    identifier = entries.put("health", *entries.readings(1))
    found = registry.get("health")
    client("control").xgroup_create(found.stream, found.group, id="0")
    client("control").xreadgroup(found.group, "test:1", {found.stream: ">"})
    client("control").xdel(found.stream, identifier)
    paths.drain()
    assert counts(told()[STREAM, "health", 0]) == {"lost": 1}


def test_an_entry_that_can_not_be_read_counts_for_the_route_that_it_names() -> None:
    stream = registry.get("health").stream
    data = msgspec.msgpack.encode([1, "health", 1789444800000, STREAM, 9, ["no record"]])
    for content in (data, data, b"garbage"):
        client("control").xadd(stream, {FIELD: content})
    paths.drain()
    found = told()
    assert counts(found[STREAM, "health", 9]) == {"dead": 2}
    assert counts(found[STREAM, "health", 0]) == {"dead": 1}


def test_outcomes_count_for_the_epoch_that_accepted_them() -> None:
    paths.share(100)
    post(reading("A"))
    paths.share(50)
    paths.share(100)
    post(reading("A", heart_rate=71, timestamp="2026-09-02 17:05:00"), reading("B"))
    paths.drain()
    assert {key: counts(bucket)["good"] for key, bucket in told().items()} == {
        Key(STREAM, "health", CHANGED): 1,
        Key(STREAM, "health", CHANGED + 2): 2,
    }


def test_an_entry_that_another_consumer_has_acknowledged_is_told_by_that_one(monkeypatch: pytest.MonkeyPatch) -> None:
    paths.share(100)
    post(reading("A"))

    def rival(connection: Any, kind: Any, identifiers: Any, tally: Any, **values: Any) -> bool:
        assert acknowledge(connection, kind, identifiers, tally, **values)
        return acknowledge(connection, kind, identifiers, tally, **values)

    monkeypatch.setattr(handling, "acknowledge", rival)
    paths.drain()
    assert counts(told()[STREAM, "health", CHANGED]) == {"uploads": 1, "accepted": 1}


def test_a_mixed_upload_counts_in_each_kind() -> None:
    paths.share(0)
    mixed = {"health_data": [reading("A")], "alert_data": [{"device_id": "A", "alert_type": "SOS_EVENT"}]}
    assert paths.post("/batch/upload-common-event", json.dumps(mixed).encode()).status == 200
    assert {key.kind: counts(bucket) for key, bucket in told().items()} == {
        "health": {"uploads": 1, "good": 1},
        "event": {"uploads": 1, "good": 1},
    }


def test_the_test_lane_is_no_evidence_of_the_stream() -> None:
    paths.share(0)
    post(reading("A"), path="/upload_health_data_v2")
    paths.drain()
    assert {key: counts(bucket) for key, bucket in told().items()} == {
        Key("v2", "health", 1): {"uploads": 1, "accepted": 1, "good": 1}
    }


def test_no_serial_is_in_any_row(monkeypatch: pytest.MonkeyPatch) -> None:
    processes.begin(Role.WEB)
    paths.share(100)
    monkeypatch.setattr(safety, "current", SimpleNamespace(get=lambda: Gate(False, "test")))
    post(reading("SECRET-SERIAL"))
    flushing.flush()
    now = int(databaseclock.now())
    (bucket,) = evidence.read(now - 60, now + 60)
    assert counts(bucket) == {"uploads": 1, "fallback": 1}
    rows = [*Tally.objects.values_list(), *ProcessReport.objects.values_list()]
    assert len(rows) == 2
    assert "SECRET-SERIAL" not in repr(rows)


def test_a_process_reports_the_epochs_that_it_routes_by_and_the_share_it_is_forced_to(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    processes.begin(Role.WEB)
    paths.share(100)
    settings.STREAM_FORCE_PERCENTAGE = "0"
    override.current.refresh()
    flushing.flush()
    (report,) = processes.live(role=Role.WEB)
    assert report.facts["epochs"] == {"health": CHANGED, "device": CHANGED, "event": CHANGED}
    assert report.facts["epochs"] == {kind: share.epoch for kind, share in routes.current.get().items()}
    assert report.facts["forced"] == "0"
    settings.STREAM_FORCE_PERCENTAGE = ""
    override.current.refresh()
    assert (processes.facts() or {})["forced"] is None
