"""What arrives is bounded on every server: none reads a body far beyond the limit, or holds many slow ones."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.polling import until
from tests.webserver import WebServer

CHUNK = b"10000\r\n" + b" " * (64 << 10) + b"\r\n"
PATHS = ("/upload_health_data", "/admin/login/")
LONGEST_S = 8
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
    with connection:
        received = b""
        while b"}" not in received:
            received += (more := connection.recv(4_096))
            assert more, received
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["message"]


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
