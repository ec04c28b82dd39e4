"""`manage.py simulate` against a real server, real consumers and a real Redis: load and oracle in one."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import ljwx.redis
from ingest.models import HealthData
from ingest.simulator.comparison import compare
from ingest.simulator.progress import Progress
from ingest.simulator.run import Run
from ljwx.redis import CONSUMER_KEY
from rollout.traffic import switch
from streaming.models import DeadLetter
from tests.managed import Managed
from tests.polling import until
from tests.webserver import WebServer

KINDS = ("health", "device", "event")


@pytest.fixture
def server(manage: Callable[..., Managed], tmp_path: Path) -> Iterator[str]:
    """A web server and two consumers; gives the base URL once all of them are there."""
    with WebServer(log=tmp_path / "server.log") as web:
        manage("run_consumers", "--workers", "2")
        until(web.listens, within=60)
        until(lambda: len(consumers()) == 2, within=60)
        yield web.url


def consumers() -> list[int]:
    """The process ids of the consumers that tell they live."""
    client = ljwx.redis.client("control")
    return sorted(int(client.hget(key, "pid") or 0) for key in client.scan_iter(CONSUMER_KEY.format("*")))


def share(percentage: int) -> None:
    switch(percentage=Decimal(percentage), kinds=KINDS, actor="test", reason="test")


def result(process: Managed) -> dict[str, Any]:
    """The last line of a run that found nothing amiss."""
    assert process.wait(90) == 0, process.output()
    last = json.loads(process.output().splitlines()[-1])
    assert list(last) == [
        "sent", "accepted", "stored", "duplicates", "dead", "missing", "doubled", "different", "seconds"
    ]  # fmt: skip
    assert (last["missing"], last["doubled"], last["different"]) == (0, 0, 0), process.output()
    assert last["accepted"] == last["stored"] + last["duplicates"] + last["dead"] > 0
    return last


@pytest.fixture
def simulate(manage: Callable[..., Managed], server: str) -> Callable[..., Managed]:
    """Starts a run of at most 40 devices at 80 uploads a second, with many spoilt records."""

    def start(*arguments: str, seconds: float = 2.0) -> Managed:
        options = ["--base-url", server, "--devices", "40", "--rate", "80", "--bad", "0.2", "--drain-timeout", "60"]
        return manage("simulate", *options, "--seconds", str(seconds), *arguments)

    return start


def test_everything_accepted_is_stored_once_on_either_path(simulate: Callable[..., Managed]) -> None:
    result(simulate("--format", "json"))
    share(100)
    streamed = simulate("--seed", "2")
    assert result(streamed)["dead"] > 0
    assert "uploads" in streamed.output()


def test_nothing_is_lost_while_the_share_changes_and_consumers_are_killed(simulate: Callable[..., Managed]) -> None:
    share(30)
    process = simulate(seconds=600.0)
    until(HealthData.objects.count, within=60)
    for percentage in (100, 0):
        before = consumers()
        os.kill(before[-1], signal.SIGKILL)
        share(percentage)
        until(lambda before=before: len(consumers()) == 2 and consumers() != before, within=60)
    share(60)
    process.send_signal(signal.SIGINT)
    assert result(process)["seconds"] < 60


def test_damage_done_to_the_tables_is_found(server: str) -> None:
    report = Run(base_url=server, devices=20, rate=80, seconds=1.5, seed=3, bad=0.2)(Progress())
    assert report.exit_code == 0
    lost, changed, copied = HealthData.objects.order_by("pk")[:3]
    lost.delete()
    assert compare(report.fleet).missing == 1
    found = [compare(report.fleet).different]
    HealthData.objects.filter(pk=changed.pk).update(step=987_654)
    found.append(compare(report.fleet).different)
    copied.pk, copied.timestamp = None, copied.timestamp - timedelta(days=900)
    copied.save(force_insert=True)
    found.append(compare(report.fleet).different)
    letter = DeadLetter.objects.filter(device_sn__startswith=report.fleet.prefix).order_by("pk")[0]
    letter.pk, letter.digest, letter.payload = None, "0" * 32, b'{"deviceSn": "planted"}'
    letter.save(force_insert=True)
    found.append(compare(report.fleet).different)
    assert found == [found[0] + count for count in range(4)]
