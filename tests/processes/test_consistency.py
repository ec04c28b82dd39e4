"""A check that is killed again and again has the result of one that was not; only one runs at a time."""

import json
import signal
from collections.abc import Callable
from typing import Any

import pytest

from ingest.models import HealthData
from ljwx.redis import client
from rollout import lease
from rollout.models import Check, Lease
from tests.managed import Managed
from tests.polling import until
from tests.streaming import entries
from tests.streaming.entries import put, readings

Manage = Callable[..., Managed]
GRACE = {"LJWX_CHECK_GRACE_S": "1"}
COUNTS = ("checked", "match", "missing", "extra", "different", "duplicate", "dead", "late", "rate")


@pytest.fixture
def damaged(redis: object, transactional_db: None) -> None:
    """1,200 records, some of whose rows are gone or changed, all of them older than the grace."""
    for number in range(60):
        last = put("health", *readings(20, f"S{number}"))
    entries.drain(entries.consumer())
    HealthData.objects.filter(heart_rate=63).delete()
    HealthData.objects.filter(heart_rate=65).update(heart_rate=165)
    stamp = int(last.split(b"-")[0])
    until(lambda: _clock_ms() > stamp + 2_000)


def _clock_ms() -> int:
    seconds, micros = client("control").time()
    return seconds * 1000 + micros // 1000


def run(manage: Manage, **env: str) -> Managed:
    return manage("check_consistency", "--window", "30", "--kind", "health", "--format", "json", **GRACE, **env)


def said(process: Managed) -> dict[str, Any]:
    found = json.loads(process.output().splitlines()[-1])
    return {name: found[name] for name in COUNTS}


@pytest.mark.usefixtures("damaged")
def test_killed_five_times_it_has_the_same_result(manage: Manage) -> None:
    whole = run(manage)
    assert whole.wait(120) == 10, whole.output()
    for place in ("check.committed:1", "check.judged:1", "check.committed:2", "check.judged:2", "check.committed:1"):
        dying = run(manage, LJWX_FAILPOINT=place)
        assert dying.wait(120) == -signal.SIGKILL, dying.output()
        # The lease of the dead runs out.
        Lease.objects.filter(name="check").update(expires_at=0.0)
    assert Check.objects.filter(status="running").count() == 1
    carried_on = run(manage)
    assert carried_on.wait(120) == 10, carried_on.output()
    assert said(carried_on) == said(whole)
    assert said(whole) | {"rate": None} == {
        "checked": 1200, "match": 1080, "missing": 60, "extra": 0, "different": 60, "duplicate": 0, "dead": 0,
        "late": 0, "rate": None,
    }  # fmt: skip
    assert Check.objects.count() == 2
    figures = [json.loads(each.output().splitlines()[-1])["figures"] for each in (whole, carried_on)]
    assert figures[0] == figures[1] != []


@pytest.mark.usefixtures("damaged")
def test_of_two_at_once_one_is_refused(manage: Manage) -> None:
    assert lease.take("check", holder="another", seconds=60.0) is not None
    refused = run(manage)
    assert refused.wait(120) == 4, refused.output()
    assert Check.objects.count() == 0
