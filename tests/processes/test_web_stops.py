"""A web process that stops in order has counted everything that it has promised."""

import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from ljwx.up import web
from ljwx.up.address import Address, free_port
from monitoring.models import LedgerCount
from tests.managed import ROOT, environment
from tests.polling import until

Start = Callable[[int], tuple["subprocess.Popen[bytes]", int]]


@pytest.fixture
def start(redis: object, transactional_db: None, tmp_path: Path) -> Iterator[Start]:
    """Starts a web server as `up` does, with so many processes of granian or, 0, as daphne; gives it and its port."""
    started: list[subprocess.Popen[bytes]] = []

    def run(workers: int) -> tuple["subprocess.Popen[bytes]", int]:
        port = free_port()
        argv = web.command(Address("127.0.0.1", port), workers)
        with (tmp_path / "web.log").open("wb") as log:
            env = environment(connection.settings_dict)
            started.append(subprocess.Popen(argv, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True))
        until(lambda: post(port, 0) == 200, within=60)
        return started[-1], port

    yield run
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def post(port: int, number: int) -> int:
    """The status of one upload; 0 without an answer."""
    body = json.dumps({"deviceSn": f"S{number}", "timestamp": 1788339600, "heartRate": 70})
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as asking:
        try:
            asking.request("POST", "/upload_health_data", body, {"Content-Type": "application/json"})
            with asking.getresponse() as answer:
                return answer.status
        except OSError:
            return 0


def counted(what: str) -> int:
    found: Any = LedgerCount.objects.filter(what=what).aggregate(sum=Sum("count"))
    return found["sum"] or 0


# One process of granian: a second that is still starting would miss the signal.
@pytest.mark.parametrize("workers", [0, 1], ids=["daphne", "granian"])
def test_what_it_has_promised_last_is_counted(start: Start, workers: int) -> None:
    server, port = start(workers)
    accepted = 1
    deadline = time.monotonic() + 0.7
    # Longer than the pause between two flushes, so that the last uploads are not all of what is counted.
    while time.monotonic() < deadline:
        assert post(port, accepted) == 200
        accepted += 1
    server.send_signal(signal.SIGTERM)
    server.wait(60)
    assert (counted("accepted"), counted("stored")) == (accepted, accepted)
