"""What arrives meets real servers: none reads a body far beyond the limit, holds many slow ones, or answers 500."""

import json
import random
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.ingest import rawhttp
from tests.polling import until
from tests.webserver import WebServer

CHUNK = b"10000\r\n" + b" " * (64 << 10) + b"\r\n"
PATHS = ("/upload_health_data", "/admin/login/")
LONGEST_S = 8
REQUESTS = 400
LIMITS = {"LJWX_BODIES_MAX_BYTES": "1000000", "LJWX_BODY_MAX_S": f"{LONGEST_S}"}


@pytest.fixture(params=[0, 1], ids=["daphne", "granian"])
def web(request: pytest.FixtureRequest, redis: object, transactional_db: None, tmp_path: Path) -> Iterator[WebServer]:
    with WebServer(log=tmp_path / "web.log", workers=request.param, **LIMITS) as web:
        until(web.listens, within=60)
        yield web


def begin(web: WebServer, body: bytes, *headers: str, path: str = "/upload_health_data") -> socket.socket:
    """A connection on which a request has begun."""
    connection = socket.create_connection(("127.0.0.1", web.port), timeout=30)
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *headers]
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    return connection


def answer(connection: socket.socket) -> tuple[int, str]:
    """Status of the answer and its message; closes the connection. Nothing may stand before the answer."""
    received = b""
    with connection:
        while b"}" not in received and (more := connection.recv(4_096)):
            received += more
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["message"]


def status(connection: socket.socket) -> int:
    """The status of the first answer, 0 when the server has hung up instead; closes the connection."""
    with connection:
        try:
            line = connection.recv(15)
            return int(line.split()[1]) if line else 0
        except ConnectionError:
            return 0


def reading(length: int) -> bytes:
    return json.dumps({"deviceSn": "BODY1", "timestamp": 1788339600, "heartRate": 70}).encode().ljust(length)


def send(web: WebServer, length: int) -> int:
    """The status of a whole upload of that many bytes."""
    return answer(begin(web, reading(length), f"Content-Length: {length}"))[0]


def is_waiting(connection: socket.socket) -> bool:
    """Whether nothing was answered yet."""
    connection.settimeout(0.2)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return True
    finally:
        connection.settimeout(30)
    return False


def test_what_arrives_is_bounded(web: WebServer) -> None:
    for path in PATHS:
        no_body_without_end(web, path)
        connection = begin(web, b"", "Content-Length: 262145", "Expect: 100-continue", path=path)
        assert answer(connection) == (413, "the body is too large")
    not_many_slow_ones(web)
    began = time.monotonic()
    slow = [begin(web, b"{", "Content-Length: 100", path=path) for path in PATHS]
    assert [answer(connection)[0] for connection in slow] == [503, 503]
    assert time.monotonic() - began >= LONGEST_S


def no_body_without_end(web: WebServer, path: str) -> None:
    """It is refused while it comes."""
    connection = begin(web, b"", "Transfer-Encoding: chunked", path=path)
    # More than the buffers of both sides hold.
    for _ in range(256):
        try:
            connection.sendall(CHUNK)
        except OSError:
            break
        if not is_waiting(connection):
            break
    assert answer(connection) == (413, "the body is too large")


def not_many_slow_ones(web: WebServer) -> None:
    """Together they are bounded, beside them small ones are still taken, and once they are gone large ones are."""
    assert send(web, 200_000) == 200
    waiting = [begin(web, reading(180_000), "Content-Length: 200000") for _ in range(5)]
    assert all(is_waiting(connection) for connection in waiting)
    status, message = answer(begin(web, reading(150_000), "Content-Length: 200000"))
    assert (status, "send it again" in message or "send them again" in message) == (503, True)
    assert send(web, 10_000) == 200
    for connection in waiting:
        connection.close()
    until(lambda: send(web, 200_000) == 200, within=3)


def test_no_request_is_answered_500(web: WebServer, tmp_path: Path) -> None:
    def send_raw(seed: int) -> tuple[int, int, bytes]:
        request = rawhttp.request(random.Random(seed))
        connection = socket.create_connection(("127.0.0.1", web.port), timeout=60)
        connection.sendall(request)
        return status(connection), seed, request

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send_raw, range(REQUESTS)))
    assert [answer for answer in answers if answer[0] >= 500 and answer[0] != 503] == []
    assert {200, 400, 404, 405, 413} <= {status for status, _seed, _request in answers}
    assert send(web, 1_000) == 200
    assert "Traceback" not in (tmp_path / "web.log").read_text(encoding="utf-8")
