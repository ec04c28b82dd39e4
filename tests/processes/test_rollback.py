"""The way back with real processes: web servers that upload to the stream, consumers, and the command that follows."""

import http.client
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.models import HealthData
from ljwx.redis import client
from monitoring import processes
from rollout import traffic
from rollout.models import Rollback, Route
from rollout.rollback import execute_rollback, telling
from streaming import registry
from tests.managed import Managed
from tests.polling import until
from tests.webserver import WebServer

HEALTH = registry.get("health")
START_S = 60.0
R = Rollback.Status
Manage = Callable[..., Managed]


class Web(WebServer):
    """A web server, and what it has promised to devices."""

    def __init__(self, *, log: Path) -> None:
        super().__init__(log=log)
        self.accepted = 0

    def upload(self) -> bool:
        """One reading of a new device; whether it was accepted."""
        reading = {"deviceSn": f"D{self.port}-{self.accepted}", "heart_rate": 70, "upload_method": "wifi"}
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            body = json.dumps({"data": reading})
            link.request("POST", "/upload_health_data", body, {"Content-Type": "application/json"})
            with link.getresponse() as answer:
                good = answer.status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()
        self.accepted += good
        return good


@pytest.fixture
def web(redis: object, transactional_db: None, tmp_path: Path) -> Iterator[Callable[[], Web]]:
    """Starts web servers that answer and have told by which epochs they route."""
    traffic.switch(percentage=Decimal(100), kinds=["device", "event", "health"], actor="test", reason="test")
    started: list[Web] = []

    def start() -> Web:
        started.append(made := Web(log=tmp_path / f"web-{len(started)}.log"))
        until(made.upload, within=START_S)
        until(lambda: len(processes.live(role="web")) == len(started), within=START_S)
        until(lambda: entries() and made.upload(), within=START_S)
        return made

    yield start
    for each in started:
        each.kill()


def entries() -> int:
    """Entries of readings that were ever appended."""
    return (
        int(client("control").xinfo_stream(HEALTH.stream)["entries-added"])
        if client("control").exists(HEALTH.stream)
        else 0
    )


def newest() -> Rollback:
    return Rollback.objects.order_by("-pk")[0]


def test_under_load_it_is_lowered_confirmed_and_drained_in_this_order_and_loses_nothing(
    manage: Manage, web: Callable[[], Web]
) -> None:
    server = web()
    manage("run_consumers", "--workers", "1")
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            server.upload()

    uploading = threading.Thread(target=load)
    uploading.start()
    try:
        until(lambda: entries() > 50, within=START_S)
        following = manage("rollback", "--reason", "it burns", "--wait", "240")
        until(lambda: Rollback.objects.filter(status=R.VERIFYING).exists(), within=START_S)
        # Every process has confirmed: nobody appends any more, however many uploads come.
        appended, accepted = entries(), server.accepted
        until(lambda: server.accepted > accepted + 50, within=START_S)
        assert entries() == appended
    finally:
        stop.set()
        uploading.join()
    rollback = newest()
    assert set(Route.objects.values_list("percentage", flat=True)) == {0}
    times = [rollback.requested_at, rollback.lowered_at, rollback.effective_at, rollback.drained_at]
    assert None not in times
    assert times == sorted(times)  # type: ignore[type-var]
    last = client("control").xinfo_stream(HEALTH.stream)["last-generated-id"].split(b"-")[0]
    assert rollback.effective_at is not None
    assert int(last) / 1000 <= rollback.effective_at.timestamp()
    assert HealthData.objects.count() == server.accepted
    os.killpg(following.pid, signal.SIGKILL)


def test_a_process_that_stands_still_is_waited_for(manage: Manage, web: Callable[[], Web]) -> None:
    stopped, other = web(), web()
    os.kill(stopped.process.pid, signal.SIGSTOP)
    try:
        execute_rollback("immediate", "it burns")
        following = manage("rollback", "--reason", "follow", "--wait", "240", "--format", "json")
        waiting = until(lambda: telling.said(newest().facts, ""), within=START_S)
        assert [report.name for report in processes.live(role="web", within=60) if report.name in waiting] != []
        assert newest().effective_at is None
        assert other.upload()
    finally:
        os.kill(stopped.process.pid, signal.SIGCONT)
    until(lambda: newest().effective_at, within=START_S)
    os.killpg(following.pid, signal.SIGKILL)


def test_two_commands_at_once_make_one_rollback(manage: Manage, redis: object) -> None:
    Route.objects.update(percentage=100)
    both = [manage("rollback", "--reason", f"from {number}", "--format", "json") for number in range(2)]
    assert [each.wait(START_S) for each in both] == [0, 0], [each.output() for each in both]
    assert {json.loads(each.output().splitlines()[-1])["id"] for each in both} == {Rollback.objects.get().pk}
    assert set(Route.objects.values_list("percentage", flat=True)) == {0}


def test_followed_to_its_end_it_tells_every_time(manage: Manage, redis: object) -> None:
    Route.objects.update(percentage=100)
    following = manage("rollback", "--reason", "it burns", "--wait", "--format", "json", LJWX_CHECK_GRACE_S="1")
    assert following.wait(150) == 0, following.output()
    told = json.loads(following.output().splitlines()[-1])
    names = ("requested_at", "lowered_at", "effective_at", "drained_at", "verified_at")
    times = [datetime.fromisoformat(told[name]) for name in names]
    assert times == sorted(times)
    assert (told["status"], told["in_stream"]) == ("done", 0)
