"""What a notifier makes of services that refuse, hang, lie or are away."""

import http.client
import os
import socket
import struct
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from monitoring import notifiers
from monitoring.notifiers import post
from monitoring.notifiers.notifier import Failed, Target
from tests.monitoring.notifiers.messages import ONE
from tests.monitoring.notifiers.stub import Stub

KINDS = ["webhook", "dingtalk", "wecom", "feishu"]
ROBOTS = KINDS[1:]
SECRET = "a-secret-of-enough-letters"
TOKEN = "token-0123456789"


def failure(kind: str, stub: Stub) -> Failed:
    with pytest.raises(Failed) as caught:
        notifiers.of(kind).send(ONE, Target(f"{stub.url}/x?access_token={TOKEN}", SECRET, 1_790_000_000.0))
    text = f"{caught.value} {caught.value.code}"
    assert SECRET not in text
    assert TOKEN not in text
    assert stub.url not in text
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [302, 307, 400, 404, 429, 500, 503])
def test_anything_but_200_is_a_failure_and_no_redirect_is_followed(kind: str, status: int, stub: Stub) -> None:
    stub.answer = (status, {"Location": f"{stub.url}/elsewhere", "Retry-After": "90"}, b"no")
    found = failure(kind, stub)
    assert (found.status, found.retry_s) == (status, 90.0)
    assert len(stub.requests) == 1


@pytest.mark.parametrize("header", ["", "soon", "-1", "1e9", "999999999999"])
def test_a_retry_after_that_is_none_is_not_obeyed(header: str, stub: Stub) -> None:
    stub.answer = (429, {"Retry-After": header}, b"")
    assert failure("webhook", stub).retry_s == 0.0
    stub.answer = (429, {"Retry-After": "86400"}, b"")
    assert failure("webhook", stub).retry_s == 3600.0


@pytest.mark.parametrize("kind", ROBOTS)
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'"ok"', b'{"errcode":null,"code":null}', b'{"errcode":false,"code":[]}', b"\xff"],
)
def test_an_answer_that_is_not_understood_is_a_failure(kind: str, body: bytes, stub: Stub) -> None:
    stub.answer = (200, {}, body)
    assert str(failure(kind, stub)) == "its answer is not understood"


@pytest.mark.parametrize(
    ("kind", "body", "code", "text", "retry_s"),
    [
        ("dingtalk", b'{"errcode":310000,"errmsg":"sign not match"}', "310000", "sign not match", 0.0),
        ("dingtalk", b'{"errcode":130101,"errmsg":"send too fast"}', "130101", "send too fast", 600.0),
        ("wecom", b'{"errcode":93000,"errmsg":"invalid webhook url"}', "93000", "invalid webhook url", 0.0),
        ("wecom", b'{"errcode":45009,"errmsg":"api freq out of limit"}', "45009", "api freq out of limit", 60.0),
        ("feishu", b'{"code":19021,"msg":"sign match fail"}', "19021", "sign match fail", 0.0),
        ("feishu", b'{"code":9499,"msg":"too many request"}', "9499", "too many request", 60.0),
        ("feishu", b'{"StatusCode":1,"StatusMessage":"old"}', "1", "old", 0.0),
        ("dingtalk", b'{"errcode":"1","errmsg":"no token-0123456789 <x>"}', "1", "no … ＜x＞", 0.0),
        ("wecom", b'{"errcode":1}', "1", "it refuses the message", 0.0),
    ],
)
def test_a_refusal_in_an_answer_of_200_is_a_failure(
    kind: str, body: bytes, code: str, text: str, retry_s: float, stub: Stub
) -> None:
    stub.answer = (200, {}, body)
    found = failure(kind, stub)
    assert (found.code, str(found), found.retry_s, found.status) == (code, text, retry_s, 200)


@pytest.mark.parametrize("manner", ["hang", "trickle"])
def test_a_service_that_does_not_come_to_an_end_is_left(
    manner: str, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "DEADLINE_S", 0.2)
    stub.behave = getattr(stub, manner)
    assert str(failure("webhook", stub)) == "no answer in time"


def test_a_service_that_is_not_there_or_hangs_up_is_a_failure(stub: Stub) -> None:
    stub.behave = lambda handler: False
    assert str(failure("webhook", stub)).startswith("RemoteDisconnected")
    with closing(socket.create_server(("127.0.0.1", 0))) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Failed, match="ConnectionRefusedError"):
        notifiers.of("wecom").send(ONE, Target(f"http://127.0.0.1:{port}/", "", 0.0))


def test_an_answer_that_breaks_off_leaves_no_connection(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Left to the collector, the socket of an answer that nobody closed warns in whatever runs at that time."""
    reading, read = threading.Event(), http.client.HTTPResponse.read

    def told(response: http.client.HTTPResponse, *args: Any) -> bytes:
        reading.set()
        return read(response, *args)

    def reset(handler: BaseHTTPRequestHandler) -> bool:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n")
        reading.wait(30)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(handler.connection.detach())
        return False

    monkeypatch.setattr(http.client.HTTPResponse, "read", told)
    stub.behave = reset
    before = connections()
    found = failure("webhook", stub)
    assert str(found).startswith("ConnectionResetError")
    assert connections() == before


def connections() -> int:
    """How many sockets this process has open."""
    return sum(os.readlink(each).startswith("socket:") for each in Path("/proc/self/fd").iterdir() if each.is_symlink())


@pytest.mark.parametrize("host", ["a..b", "x" * 64, "no-such-host.invalid"])
def test_a_host_that_is_none_is_a_failure(host: str) -> None:
    with pytest.raises(Failed):
        notifiers.of("wecom").send(ONE, Target(f"http://{host}/", "", 0.0))


def test_of_a_long_answer_no_more_is_read_than_is_needed(stub: Stub) -> None:
    stub.answer = (200, {}, b" " * (post.MOST_READ + 1) + b'{"errcode":0}')
    assert str(failure("dingtalk", stub)) == "its answer is not understood"


def test_a_server_that_speaks_no_tls_is_a_failure(stub: Stub) -> None:
    with pytest.raises(Failed, match="TLS"):
        notifiers.of("webhook").send(ONE, Target(stub.url.replace("http://", "https://"), SECRET, 0.0))


@pytest.mark.parametrize(
    "address",
    [
        "", "ftp://host/x", "file:///etc/passwd", "http://", "http:///x", "https://user:pass@host/", "http://host/#x",
        "http://host/a b", "http://host/\r\nX: y", "http://höst/", "http://host:0/", "http://host:99999/",
        "javascript:1", "host/x",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", KINDS)
def test_only_a_plain_address_of_http_is_taken(kind: str, address: str) -> None:
    with pytest.raises(ValueError):
        notifiers.of(kind).check(address, SECRET)


def test_good_addresses_are_taken_and_a_webhook_must_be_signed() -> None:
    for kind in KINDS:
        notifiers.of(kind).check("https://oapi.dingtalk.com/robot/send?access_token=x", SECRET)
    with pytest.raises(ValueError, match="at least 16"):
        notifiers.of("webhook").check("https://host/", "short")
    notifiers.of("email").check("a@example.com, b@example.com", "")
    for wrong in ("", "a@example.com, b", ",".join(f"a{n}@example.com" for n in range(51))):
        with pytest.raises(ValueError):
            notifiers.of("email").check(wrong, "")
