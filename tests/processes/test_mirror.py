"""The mirror with real processes: every upload of the legacy path has its shadow row, and no device notices Redis."""

import contextlib
import json
import os
import signal
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from ingest.models import HealthData, ShadowReading
from ljwx import databaseclock
from ljwx.redis import client
from monitoring import evidence, tallies
from rollout.traffic import switch
from tests.managed import Managed
from tests.polling import until
from tests.processes.test_evidence import confirmed, own, port, post

__all__ = ["own", "port"]

UPLOADS = 200


def told(what: str) -> int:
    """What web processes and consumers have told of copies: an outcome's records."""
    now = int(databaseclock.now())
    buckets = [bucket for bucket in evidence.read(now - 800, now + 2) if bucket.path == tallies.SHADOW]
    counts = [
        getattr(bucket, what) if what in ("accepted", "good") else bucket.errors.get(what, 0) for bucket in buckets
    ]
    return sum(counts)


@contextlib.contextmanager
def hanging() -> Any:
    """Redis does not answer."""
    pid = int(client("control").info("server")["process_id"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.usefixtures("own")
def test_each_upload_has_its_shadow_row_and_a_redis_that_hangs_costs_no_device_anything(
    manage: Callable[..., Managed], port: int
) -> None:
    switch(mirror=Decimal(100), kinds=["health"], actor="test", reason="test")
    consumers = manage("run_consumers", "--workers", "1")
    until(confirmed, within=60)
    assert {post(port, number) for number in range(UPLOADS)} == {200}
    assert HealthData.objects.count() == UPLOADS
    until(lambda: ShadowReading.objects.count() == UPLOADS, within=60)
    until(lambda: told("accepted") == told("good") == UPLOADS, within=60)
    assert told("dropped") == 0
    check = manage("check_consistency", "--window", "30", "--format", "json", LJWX_CHECK_GRACE_S="1")
    assert check.wait(60) == 0, check.output()
    found = json.loads(check.output().splitlines()[-1])
    shadow = found["kinds"]["health-shadow"]
    assert shadow["match"] + shadow["late"] == shadow["checked"] == found["checked"] > 0
    with hanging():
        assert {post(port, UPLOADS + number) for number in range(5)} == {200}
        until(lambda: told("dropped") == 5, within=60)
    assert HealthData.objects.count() == UPLOADS + 5
    consumers.send_signal(signal.SIGTERM)
    assert consumers.wait(60) == 0, consumers.output()
    assert "Traceback" not in consumers.output()
