"""The fast lane answers as Django's own handler does, and makes durable before it answers."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings

import ljwx.redis
from ingest.lane import Lane
from ingest.models import HealthData
from ljwx import background, bodies
from streaming import groupcommit, registry, safety
from streaming.safety import Gate
from tests.ingest import paths
from tests.ingest.hostile import BODIES, RECORDS, Body, element

LONG_S = 60.0
READING = b'{"data":{"deviceSn":"LANE1","heart_rate":75,"timestamp":1788339600}}'


def through_lane(requests: Sequence[tuple[str, bytes, str]], *, pieces: int = 1) -> list[tuple[int, str, bytes]]:
    """Status, content type and body of each answer, all requests at once on one event loop."""

    async def all_at_once() -> list[tuple[int, str, bytes]]:
        lane = Lane()
        try:
            with background.holding():
                return await asyncio.gather(*(one(lane, *request) for request in requests))
        finally:
            await lane.aclose()

    async def one(lane: Lane, path: str, body: bytes, content_type: str) -> tuple[int, str, bytes]:
        size = max(1, -(-len(body) // pieces))
        parts = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"host", b"anything"), (b"content-type", content_type.encode("latin-1"))]
        if pieces == 1:
            headers.append((b"content-length", str(len(body)).encode()))
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
        await lane(scope, receive, send)
        start, end = sent
        found = dict(start["headers"])
        assert found[b"content-length"] == str(len(end["body"])).encode()
        return start["status"], found[b"content-type"].decode(), end["body"]

    with unhurried():
        return asyncio.run(all_at_once())


@contextmanager
def unhurried() -> Iterator[None]:
    """Hundreds at once keep the loop of a busy machine from Redis' answers for longer than an upload may wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ljwx.redis.TIMEOUTS["accept"], "socket_connect_timeout", LONG_S)
        patch.setattr(groupcommit, "DEADLINE_S", LONG_S)
        patch.setattr(settings, "ACCEPT_DEADLINE_S", LONG_S)
        yield


def through_django(path: str, body: bytes, content_type: str) -> tuple[int, str, bytes]:
    response = paths.respond(path, body, content_type)
    return response.status_code, response.headers["Content-Type"], response.content


def same(path: str, body: bytes, content_type: str = "application/json") -> None:
    (lane,) = through_lane([(path, body, content_type)])
    assert lane == through_django(path, body, content_type)


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in BODIES])
def test_a_body_is_answered_byte_for_byte_alike(case: Body) -> None:
    paths.share(100)
    for kind in case.kinds:
        same(paths.ENDPOINTS[kind], case.body, case.content_type)


@pytest.mark.usefixtures("edge")
def test_every_odd_record_is_answered_byte_for_byte_alike() -> None:
    paths.share(100)
    requests = [
        (paths.ENDPOINTS[kind], f"[{element(kind, case.members)}]".encode(), "application/json")
        for case in RECORDS
        for kind in case.kinds
    ]
    for request, answer in zip(requests, through_lane(requests), strict=True):
        assert answer == through_django(*request)


@pytest.mark.usefixtures("edge")
def test_many_at_once_are_each_answered_with_the_id_of_their_own_entry() -> None:
    paths.share(100)
    serials = [f"LANE{number}" for number in range(200)]
    bodies = [json.dumps({"deviceSn": serial, "timestamp": 1788339600}).encode() for serial in serials]
    answers = through_lane([("/upload_health_data_v2", body, "application/json") for body in bodies])
    entries = {
        identifier.decode(): fields
        for identifier, fields in paths.client("control").xrange(registry.get("health").stream)
    }
    for serial, (status, _content_type, content) in zip(serials, answers, strict=True):
        assert status == 200
        assert serial.encode() in entries[json.loads(content)["stream_id"]][b"d"]
    assert len(entries) == len(serials)


@pytest.mark.usefixtures("edge")
def test_a_body_in_pieces_without_a_length_is_read_to_its_end_and_no_further_than_the_limit() -> None:
    paths.share(100)
    (answer,) = through_lane([("/upload_health_data", READING, "application/json")], pieces=7)
    assert answer == through_django("/upload_health_data", READING, "application/json")
    long = READING.ljust(settings.UPLOAD_MAX_BYTES * 3)
    ((status, _content_type, _content),) = through_lane([("/upload_health_data", long, "application/json")], pieces=9)
    assert status == 413


@pytest.mark.usefixtures("redis", "received")
@pytest.mark.django_db(transaction=True)
def test_a_legacy_upload_is_committed_when_it_is_answered() -> None:
    paths.share(0)
    ((status, _content_type, content),) = through_lane([("/upload_health_data", READING, "application/json")])
    assert (status, json.loads(content)["accepted"]) == (200, 1)
    assert HealthData.objects.filter(device_sn="LANE1").count() == 1


@pytest.mark.usefixtures("redis", "received")
@pytest.mark.django_db(transaction=True)
def test_without_redis_the_records_go_the_legacy_way(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    paths.share(100)
    monkeypatch.setattr(safety, "current", SimpleNamespace(get=lambda: Gate(True)))
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    ((status, _content_type, content),) = through_lane([("/upload_health_data_v2", READING, "application/json")])
    assert (status, json.loads(content)["processing"]) == (200, "sync")
    assert HealthData.objects.filter(device_sn="LANE1").count() == 1


def test_a_body_that_breaks_off_is_refused_and_nothing_of_it_taken() -> None:
    received = [{"type": "http.request", "body": READING, "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return received.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/upload_health_data", "headers": []}
    # Without a database: nothing may be stored.
    asyncio.run(Lane()(scope, receive, send))
    start, end = sent
    assert (start["status"], json.loads(end["body"])["status"]) == (400, "error")
    assert bodies.Arriving.held == 0
