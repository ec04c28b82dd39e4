"""Real web and consumer processes tell what became of uploads, each under the route that accepted it."""

import http.client
import itertools
import json
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import ljwx.redis
from ljwx import databaseclock
from monitoring import evidence, processes
from monitoring.bucket import Bucket, Key
from monitoring.models import ProcessReport
from monitoring.processes import Role
from rollout.models import Route
from rollout.traffic import switch
from tests.managed import Managed
from tests.polling import until
from tests.webserver import WebServer


@pytest.fixture
def own(redis: object, server: str, settings: Any) -> None:
    """A Redis that is this process's own, and empty."""
    settings.REDIS_URL = server
    ljwx.redis.client("control").flushall()


@pytest.fixture
def port(manage: Callable[..., Managed], tmp_path: Path) -> Iterator[int]:
    """A web process that listens there."""
    with WebServer(log=tmp_path / "server.log") as web:
        until(web.listens, within=60)
        yield web.port


def post(port: int, number: int) -> int:
    body = json.dumps({"deviceSn": f"SERIAL-{number}", "heart_rate": 70, "timestamp": 1788339600})
    device = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        device.request("POST", "/upload_health_data", body, {"Content-Type": "application/json"})
        with device.getresponse() as answer:
            return answer.status
    finally:
        device.close()


def told() -> dict[Key, Bucket]:
    now = int(databaseclock.now())
    found: dict[Key, Bucket] = {}
    for bucket in evidence.read(now - 800, now + 2):
        found.setdefault(bucket.key, Bucket(*bucket.key)).merge(bucket)
    return found


def has_told(key: Key) -> bool:
    return key in told()


def share(percentage: int) -> None:
    switch(percentage=Decimal(percentage), kinds=["health"], actor="test", reason="test")


def confirmed() -> bool:
    """Whether every web process routes by the epochs of the database."""
    epochs = dict(Route.objects.values_list("kind", "epoch"))
    return [each.facts["epochs"] for each in processes.live(role=Role.WEB)] == [epochs]


def test_every_outcome_counts_for_the_epoch_that_accepted_it_while_the_share_changes(
    manage: Callable[..., Managed], port: int
) -> None:
    consumers = manage("run_consumers", "--workers", "2")
    until(lambda: len(processes.live(role=Role.CONSUMER)) == 2, within=60)
    until(confirmed, within=60)
    numbers, ended = itertools.count(), threading.Event()

    def device() -> Counter[int]:
        codes: Counter[int] = Counter()
        while not ended.is_set():
            codes[post(port, next(numbers))] += 1
        return codes

    with ThreadPoolExecutor(3) as devices:
        answers = [devices.submit(device) for _ in range(3)]
        try:
            for epoch, percentage in enumerate((100, 0, 60, 100), 2):
                share(percentage)
                path = "stream" if percentage else "legacy"
                until(partial(has_told, Key(path, "health", epoch)), within=60)
                until(confirmed, within=60)
        finally:
            ended.set()
    codes = sum((answer.result() for answer in answers), Counter())
    uploads = codes.total()
    assert codes == {200: uploads}

    def all_known() -> bool:
        return sum(bucket.good for bucket in told().values()) == uploads

    until(all_known, within=60)
    found = told()
    assert sum(bucket.wrong for bucket in found.values()) == 0
    assert sum(bucket.uploads for bucket in found.values()) == uploads
    assert sum(bucket.latency.count for bucket in found.values()) == uploads
    on_stream = {key: bucket for key, bucket in found.items() if key.path == "stream"}
    assert {key: bucket.good for key, bucket in on_stream.items()} == {
        key: bucket.accepted for key, bucket in on_stream.items()
    }
    # 100, 60 and 100 % each had an epoch, which no outcome of another has entered.
    assert {key.epoch for key in on_stream} == {2, 4, 5}
    consumers.send_signal(signal.SIGTERM)
    assert consumers.wait(60) == 0
    assert not ProcessReport.objects.filter(role=Role.CONSUMER).exists()


def test_while_redis_is_unsafe_the_fallback_is_told_as_an_error_of_the_stream(
    own: None, manage: Callable[..., Managed], port: int
) -> None:
    share(100)
    until(confirmed, within=60)
    until(lambda: post(port, 0) == 200 and told().get(Key("stream", "health", 2), Bucket("", "", 0)).accepted)
    ljwx.redis.client("control").config_set("maxmemory-policy", "allkeys-lru")
    try:
        serials = iter(range(1, 10_000))
        until(
            lambda: (
                post(port, next(serials)) == 200 and told()[Key("stream", "health", 2)].errors.get("fallback", 0) >= 3
            ),
            within=60,
        )
    finally:
        ljwx.redis.client("control").config_set("maxmemory-policy", "noeviction")
    assert len(told()[Key("stream", "health", 2)].devices) >= 3
