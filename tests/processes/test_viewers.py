"""A browser that takes nothing: the others, and the uploads, do not notice, and it is dropped."""

import asyncio
import base64
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psutil
import pytest
from django.db import connection

from ljwx.up import web
from ljwx.up.address import Address, free_port
from tests.managed import ROOT, environment
from tests.polling import until
from tests.processes.test_web_stops import post

APPLICATION = "tests.processes.hurried:application"
# Small enough that a stalled browser is seen at once, whatever the kernel would keep for it.
WINDOW = 2048


@pytest.fixture(params=[0, 1], ids=["daphne", "granian"])
def port(request: pytest.FixtureRequest, redis: object, transactional_db: None, tmp_path: Path) -> Iterator[int]:
    """The port of a web server whose documents are sent in a hurry."""
    port = free_port()
    argv = web.command(Address("127.0.0.1", port), request.param)
    argv = [*argv[:-1], APPLICATION]
    if not request.param:
        argv[-1:-1] = ["--ping-interval", "1", "--ping-timeout", "1"]
    env = environment(connection.settings_dict) | {"LJWX_EMBEDDED": "1"}
    with (tmp_path / "web.log").open("wb") as log:
        process = subprocess.Popen(argv, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        until(lambda: post(port, 0) == 200, within=60)
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def stalled(port: int) -> socket.socket:
    """A websocket that is open and never read."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
    found.connect(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        "GET /stream_monitor/live HTTP/1.1", f"Host: localhost:{port}", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", f"Origin: http://localhost:{port}",
    )  # fmt: skip
    found.sendall("\r\n".join((*lines, "", "")).encode())
    assert found.recv(12) == b"HTTP/1.1 101"
    return found


def is_connected(port: int, peer: int) -> bool:
    """Whether the server still has its end of the connection from the port `peer`."""
    there = psutil.net_connections("tcp4")
    return any(each.laddr[1:] == (port,) and each.raddr[1:] == (peer,) and each.pid for each in there)


async def frames(port: int, *, seconds: float) -> list[float]:
    """When an ordinary viewer got its documents."""
    headers = {"Origin": f"http://localhost:{port}"}
    found: list[float] = []
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://localhost:{port}/stream_monitor/live", headers=headers) as viewer,
    ):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await viewer.receive_str(timeout=5)
            found.append(time.monotonic())
    return found


def test_a_viewer_that_never_reads_delays_nobody_and_is_dropped(port: int) -> None:
    with contextlib.ExitStack() as back:
        dead = [back.enter_context(contextlib.closing(stalled(port))) for _ in range(3)]
        peers = [each.getsockname()[1] for each in dead]
        assert all(is_connected(port, peer) for peer in peers)
        assert len(asyncio.run(frames(port, seconds=1))) > 5
        assert post(port, 1) == 200
        until(lambda: not any(is_connected(port, peer) for peer in peers), within=30)
        assert post(port, 2) == 200
        assert len(asyncio.run(frames(port, seconds=0.5))) > 2
