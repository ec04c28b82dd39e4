"""What a response commits before a device is told "success", and what it does when a path is away."""

import json
from collections.abc import Callable, Iterator
from threading import BoundedSemaphore
from types import SimpleNamespace
from typing import Any

import pytest
import redis.connection
from django.db import connection
from django.test import RequestFactory

from ingest import accept, models, upload
from ingest.accept import CanNotAccept, Commit, commit_of
from ingest.response import UploadResponse
from ingest.views import UploadView
from ljwx import background
from ljwx.redis import client
from rollout import routes
from rollout.routes import Share
from streaming import registry, safety
from streaming.envelope import FIELD, Envelope, decode
from streaming.models import DeadLetter
from streaming.safety import Gate
from streaming.storing import Tally
from tests.ingest import paths

READING = b'{"data":{"deviceSn":"A","heart_rate":70,"timestamp":"2026-09-02 17:00:00"}}'
NOWHERE = "unix:///nowhere/redis.sock?db=0"


def knows(monkeypatch: pytest.MonkeyPatch, *, percentage: int, is_open: bool) -> None:
    """Let this process hold that for true, whatever the database and Redis say."""
    shares = {kind: Share(below=percentage * 100, salt="plan-1", epoch=7) for kind in paths.ENDPOINTS}
    monkeypatch.setattr(routes, "current", SimpleNamespace(get=lambda: shares))
    monkeypatch.setattr(safety, "current", SimpleNamespace(get=lambda: Gate(is_open, "" if is_open else "test")))


def envelopes(kind: str) -> list[Envelope[Any]]:
    found = registry.get(kind)
    return [
        decode(fields[FIELD], record=found.record, kind=kind) for _id, fields in client("control").xrange(found.stream)
    ]


@pytest.fixture
def no_database(transactional_db: None) -> Iterator[None]:
    """A database that can not be reached."""
    changed = {"NAME": "/nowhere/ljwx.sqlite3"} if connection.vendor == "sqlite" else {}
    options = {} if connection.vendor == "sqlite" else {"unix_socket": "/nowhere/mariadb.sock"}
    before = {**connection.settings_dict}
    connection.close()
    connection.settings_dict.update(changed, OPTIONS={**before["OPTIONS"], **options})
    yield
    connection.close()
    connection.settings_dict.update(before)


@pytest.mark.usefixtures("edge")
def test_a_record_goes_to_the_stream_and_not_to_the_database() -> None:
    paths.share(100)
    answer = paths.post("/upload_health_data", READING)
    assert answer.body == {
        "status": "success",
        "success": True,
        "message": "1 accepted, 0 rejected",
        "accepted": 1,
        "rejected": [],
    }
    (envelope,) = envelopes("health")
    assert (envelope.path, envelope.epoch, envelope.received_ms) == ("stream", 2, 1789444800000)
    assert [record.device_sn for record in envelope.records] == ["A"]
    assert models.HealthData.objects.count() == 0


@pytest.mark.usefixtures("edge")
def test_a_record_goes_to_the_database_and_not_to_the_stream() -> None:
    paths.share(0)
    assert paths.post("/upload_health_data", READING).body["accepted"] == 1
    assert models.HealthData.objects.count() == 1
    assert client("control").exists("health_data_stream") == 0


@pytest.mark.usefixtures("edge")
def test_without_redis_the_same_records_are_written_at_once(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.REDIS_URL = NOWHERE
    knows(monkeypatch, percentage=100, is_open=True)
    for kind, path in paths.ENDPOINTS.items():
        body = f'[{{"deviceSn":"A","eventType":"SOS_EVENT"}},{{"kind":"{kind}"}}]'.encode()
        for _ in range(2):
            answer = paths.post(path, body)
            assert (answer.status, answer.body["status"], answer.body["accepted"]) == (200, "success", 1)
            assert answer.body["rejected"] == [{"index": 1, "reason": "no serial"}]
    assert {name: len(table) for name, table in paths.rows().items()} == {
        "health": 1, "device": 1, "history": 1, "event": 1, "alert": 1,
    }  # fmt: skip
    assert len(paths.dead()) == 3


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("key", ["health_data_stream", "common_event_stream"])
def test_a_stream_that_refuses_an_entry_is_no_loss(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    client("control").set(key, "not a stream")
    knows(monkeypatch, percentage=100, is_open=True)
    mixed = b'{"health_data":[{"device_id":"A"}],"alert_data":[{"device_id":"A","alert_type":"SOS_EVENT"}]}'
    assert paths.post("/batch/upload-common-event", mixed).body["accepted"] == 2
    assert len(paths.rows()["health"]) == len(paths.rows()["alert"]) == 1


@pytest.mark.usefixtures("redis", "received")
@pytest.mark.parametrize("path", ["/upload_health_data", "/upload_health_data_v2", "/batch/upload-health-data/"])
@pytest.mark.parametrize("percentage", [0, 100])
def test_when_both_are_away_the_device_keeps_its_records(
    no_database: None, monkeypatch: pytest.MonkeyPatch, settings: Any, path: str, percentage: int
) -> None:
    settings.REDIS_URL = NOWHERE
    knows(monkeypatch, percentage=percentage, is_open=True)
    response = paths.respond(path, READING)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert response.headers["Content-Type"] == "application/json"
    body = json.loads(response.content)
    assert body["status"] == "error"
    assert isinstance(body["message"], str)
    assert set(body) == {"status", "message"}


@pytest.mark.usefixtures("redis", "received")
def test_without_a_database_the_stream_goes_on_accepting(no_database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    knows(monkeypatch, percentage=100, is_open=True)
    assert paths.post("/upload_health_data", READING).status == 200
    assert len(envelopes("health")) == 1


@pytest.mark.usefixtures("edge")
def test_a_closed_gate_sends_everything_the_legacy_path(monkeypatch: pytest.MonkeyPatch) -> None:
    knows(monkeypatch, percentage=100, is_open=False)
    assert paths.post("/upload_health_data", READING).body["accepted"] == 1
    answer = paths.post("/upload_health_data_v2", READING)
    assert (answer.status, answer.body["status"], answer.body["processing"]) == (200, "accepted", "sync")
    assert answer.body["stream_id"] is None
    assert models.HealthData.objects.count() == 1
    assert client("control").exists("health_data_stream") == 0


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("percentage", [0, 100])
def test_the_test_lane_names_its_entry_and_does_not_count_as_the_stream(percentage: int) -> None:
    paths.share(percentage)
    answer = paths.post("/upload_health_data_v2", READING)
    assert (answer.body["status"], answer.body["processing"]) == ("accepted", "async")
    ((identifier, _fields),) = client("control").xrange("health_data_stream")
    assert answer.body["stream_id"] == identifier.decode()
    assert [envelope.path for envelope in envelopes("health")] == ["v2"]


@pytest.mark.usefixtures("edge")
def test_a_test_lane_whose_append_fails_says_that_it_wrote_at_once(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.REDIS_URL = NOWHERE
    knows(monkeypatch, percentage=0, is_open=True)
    answer = paths.post("/upload_health_data_v2", READING)
    assert (answer.body["status"], answer.body["processing"], answer.body["stream_id"]) == ("accepted", "sync", None)
    assert models.HealthData.objects.count() == 1


@pytest.mark.usefixtures("edge")
def test_an_entry_holds_at_most_a_hundred_records_of_one_device() -> None:
    paths.share(100)
    readings = [{"deviceSn": "A", "timestamp": 1788339600 + n} for n in range(250)]
    assert paths.post("/upload_health_data", json.dumps(readings).encode()).body["accepted"] == 250
    assert [len(envelope.records) for envelope in envelopes("health")] == [100, 100, 50]
    found = [record.timestamp for envelope in envelopes("health") for record in envelope.records]
    assert found == [1788339600 + n for n in range(250)]
    client("control").flushdb()
    two = [{"deviceSn": serial, "timestamp": 1788339600} for serial in ("A", "B", "A", "")]
    paths.post("/upload_health_data", json.dumps(two).encode())
    assert [[record.device_sn for record in envelope.records] for envelope in envelopes("health")] == [
        ["A", "A"],
        ["B"],
        [],
    ]
    assert [reject.reason for envelope in envelopes("health") for reject in envelope.rejects] == ["no serial"]


@pytest.mark.usefixtures("edge")
def test_a_record_the_database_refuses_is_answered_200_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    # What the edge believes to be possible and no database takes: the two places may disagree one day.
    for reader in ("health", "typed"):
        monkeypatch.setattr(f"ingest.readers.{reader}.method", lambda value: None if value == "bad" else "wifi")
    readings = [
        {"deviceSn": "A", "timestamp": 1788339600 + n, "upload_method": "bad" if n == 1 else ""} for n in range(3)
    ]
    answer = paths.post("/upload_health_data", json.dumps(readings).encode())
    assert (answer.status, answer.body["accepted"]) == (200, 3)
    assert models.HealthData.objects.count() == 2
    assert [reason.partition(":")[0] for _kind, _serial, reason, _payload in paths.dead()] == ["database"]


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Calls its argument while neither the database nor Redis may be used."""

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("used the database or Redis")

    def call(function: Callable[..., Any], *args: Any) -> Any:
        with monkeypatch.context() as patched, connection.execute_wrapper(refuse):
            patched.setattr(redis.connection.AbstractConnection, "send_packed_command", refuse)
            return function(*args)

    return call


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("percentage", [0, 100])
@pytest.mark.parametrize("kind", paths.ENDPOINTS)
def test_the_view_computes_and_the_commit_does_the_rest(
    forbidden: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, kind: str, percentage: int
) -> None:
    paths.share(percentage)
    monkeypatch.setattr(background, "_held", True)  # as in a web process, whose thread keeps the routes fresh
    request = RequestFactory().post("/", b'[{"deviceSn":"A","eventType":"X"},7]', "application/json")
    request.defers_commit = True  # type: ignore[attr-defined]
    response = forbidden(UploadView.as_view(kind=kind), request)
    forbidden(response.render)
    assert isinstance(response, UploadResponse)
    assert not response.is_rendered
    response.commit.run()
    forbidden(response.settle, None)
    assert response.is_rendered
    assert json.loads(response.content)["accepted"] == 1
    paths.drain()
    assert len(paths.rows()[kind]) == len(paths.dead()) == 1


@pytest.mark.usefixtures("edge")
def test_no_more_writers_than_allowed_wait_for_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accept, "_semaphore", BoundedSemaphore(1))
    commit = commit_of(upload.read(READING, kind="health", depth=16, most=500), lane=accept.ROUTED)

    def nested(*args: Any) -> Tally:
        with pytest.raises(CanNotAccept):
            Commit(commit.upload, writes=commit.writes).run()
        return Tally()

    with monkeypatch.context() as patched:
        patched.setattr(accept, "store", nested)
        commit.run()
    commit.run()
    assert models.HealthData.objects.count() == 1


@pytest.mark.usefixtures("edge")
def test_a_failed_write_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accept, "_semaphore", BoundedSemaphore(1))
    taken = upload.read(READING, kind="health", depth=16, most=500)

    def fail(*args: Any) -> None:
        raise accept.Unavailable("test")

    for _ in range(3):
        with monkeypatch.context() as patched:
            patched.setattr(accept, "store", fail)
            with pytest.raises(CanNotAccept):
                commit_of(taken, lane=accept.ROUTED).run()
    commit_of(taken, lane=accept.ROUTED).run()
    assert models.HealthData.objects.count() == 1


@pytest.mark.usefixtures("edge")
def test_a_serial_never_reaches_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.REDIS_URL = NOWHERE
    knows(monkeypatch, percentage=100, is_open=True)
    for reader in ("health", "typed"):
        monkeypatch.setattr(f"ingest.readers.{reader}.method", lambda value: None)
    paths.post("/upload_health_data", b'{"deviceSn":"SECRET-SERIAL","heart_rate":187,"timestamp":1788339600}')
    assert DeadLetter.objects.count() == 1
    assert caplog.text
    assert "SECRET-SERIAL" not in caplog.text
    assert "187" not in caplog.text
