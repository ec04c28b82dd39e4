"""The rolling check: what it judges, where it goes on, and the evidence that it gives."""

import time
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from ingest.models import HealthData
from ljwx.redis import TRIMMED_KEY, client
from rollout import consistency
from rollout.consistency import rolling, walking
from rollout.models import CheckFinding, CheckProgress, Route
from rollout.traffic import switch
from streaming import registry
from streaming.retention import trim
from tests.rollout.consistency.scene import (
    GRACE_S,
    advance,
    consume,
    counts,
    found,
    now_ms,
    progress,
    readings,
    send,
    settled,
)  # fmt: skip

HEALTH = registry.get("health")


def test_what_is_younger_than_the_grace_is_not_judged() -> None:
    send(*readings(5))
    consume()
    advance(now=time.time() + GRACE_S / 2)
    assert counts(progress()) == {}
    advance()
    assert counts(progress()) == {"checked": 5, "match": 5}


def test_what_is_on_its_way_is_not_judged_however_old_and_neither_is_what_comes_after_it() -> None:
    send(*readings(1, "A"))
    consume()
    send(*readings(1, "B"))
    advance(now=settled(500.0))
    assert counts(progress()) == {"checked": 1, "match": 1}
    client("control").xreadgroup(HEALTH.group, "test:1", {HEALTH.stream: ">"})
    send(*readings(1, "C"))
    client("control").xreadgroup(HEALTH.group, "test:1", {HEALTH.stream: ">"})
    advance(now=settled(500.0))
    assert counts(progress()) == {"checked": 1, "match": 1}
    consume()
    advance(now=settled(500.0))
    assert counts(progress()) == {"checked": 3, "match": 3}


def test_an_idle_stream_is_settled_all_the_time() -> None:
    now = time.time()
    advance(now=now)
    assert now - 61 < progress().cursor_ms / 1000 <= now - 60


def test_each_entry_counts_once_in_however_many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(40):
        send(*readings(3, f"S{number}"))
    consume()
    HealthData.objects.filter(device_sn="S7").delete()
    monkeypatch.setattr(rolling._pace, "records", 1)
    monkeypatch.setattr(rolling._pace, "told", lambda chunk: None)
    advance(times=100)
    assert progress().version > 40
    assert counts(progress()) == {"checked": 120, "match": 117, "missing": 3}


def test_two_that_check_at_once_count_once() -> None:
    send(*readings(5))
    consume()
    consistency.advance(now=time.time())
    one, other = progress(), progress()
    walking.step(one, now=settled(), records=100)
    with pytest.raises(walking.Moved):
        walking.step(other, now=settled(), records=100)
    assert counts(progress()) == {"checked": 5, "match": 5}


def test_a_redis_that_is_away_leaves_it_where_it_is(settings: Any) -> None:
    send(*readings(5))
    consume()
    consistency.advance(now=time.time())
    before, right = progress().cursor_ms, settings.REDIS_URL
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    advance(now=settled(500.0))
    assert progress().cursor_ms == before
    settings.REDIS_URL = right
    advance()
    assert counts(progress()) == {"checked": 5, "match": 5}


def test_the_evidence_is_of_the_present_epoch_and_since_then() -> None:
    begun = now_ms()
    switch(kinds=["health"], percentage=Decimal(10), actor="ann", reason="test")
    epoch = Route.objects.get(kind="health").epoch
    send(*readings(4), epoch=epoch - 1)
    send(*readings(3, "B"), epoch=epoch, received_ms=begun + 15_000)
    send(*readings(2, "C"), epoch=epoch, received_ms=begun - 30_000)
    consume()
    HealthData.objects.filter(device_sn="B", step=1).delete()
    HealthData.objects.filter(device_sn="C", step=1).update(heart_rate=1)
    assert consistency.evidence("health", 0.0) is None
    advance()
    every, since = consistency.evidence("health", 0.0), consistency.evidence("health", begun / 1000)
    assert every is not None
    assert since is not None
    assert (every.matched, every.mismatched) == (3, 2)
    assert (since.matched, since.mismatched) == (2, 1)
    assert since.settled_through == progress().cursor_ms / 1000


def test_what_was_trimmed_before_it_was_judged_is_a_hole(settings: Any) -> None:
    consistency.advance(now=time.time())
    settings.STREAM_RETENTION_MINUTES = 1
    for number in range(300):
        send(*readings(1, f"S{number}"))
    consume()
    client("control").xtrim(HEALTH.stream, minid=str(now_ms() + 1), approximate=False)
    last = send(*readings(1, "last"))
    consume()
    advance(now=settled(500.0))
    assert counts(progress()) == {"checked": 1, "match": 1}
    (hole,) = CheckFinding.objects.filter(outcome="hole")
    assert (hole.kind, hole.reason, hole.until_ms) == ("health", "trimmed", int(last.split(b"-")[0]))


def test_what_left_early_before_it_was_judged_is_a_hole_although_it_is_within_the_retention() -> None:
    consistency.advance(now=time.time())
    for number in range(300):
        send(*readings(1, f"S{number}"))
    consume()
    # As `retention.relieve` does for lack of memory.
    gone = now_ms() + 1
    client("control").zadd(TRIMMED_KEY, {HEALTH.stream: gone})
    client("control").xtrim(HEALTH.stream, minid=str(gone), approximate=False)
    last = send(*readings(1, "last"))
    consume()
    advance()
    assert counts(progress()) == {"checked": 1, "match": 1}
    (hole,) = CheckFinding.objects.filter(outcome="hole")
    assert (hole.kind, hole.reason, hole.until_ms) == ("health", "trimmed", min(gone, int(last.split(b"-")[0])))


def test_trimming_what_was_judged_makes_no_hole(settings: Any) -> None:
    for number in range(300):
        send(*readings(1, f"S{number}"))
    consume()
    advance()
    assert trim(client("control"), HEALTH, now=settled(4_000.0)) > 0
    settings.STREAM_RETENTION_MINUTES = 1
    send(*readings(1, "last"))
    consume()
    advance(now=settled(500.0))
    assert counts(progress()) == {"checked": 301, "match": 301}
    assert found() == []


@pytest.mark.parametrize("more", [0, 1])
def test_a_stream_that_began_anew_is_a_hole(more: int) -> None:
    send(*readings(1))
    send(*readings(1, "B"))
    consume()
    advance()
    client("control").flushdb()
    for _ in range(more):
        send(*readings(1, "C"))
    consume()
    advance()
    assert [(row.outcome, row.reason) for row in CheckFinding.objects.all()] == [("hole", "renewed")]
    assert progress().checked == 2 + more


def test_an_entry_that_somebody_deleted_is_a_hole() -> None:
    consistency.advance(now=time.time())
    gone = send(*readings(1))
    send(*readings(1, "B"))
    consume()
    client("control").xdel(HEALTH.stream, gone)
    advance()
    assert [(row.outcome, row.reason) for row in CheckFinding.objects.all()] == [("hole", "deleted")]
    assert counts(progress()) == {"checked": 1, "match": 1}


def test_a_later_look_that_finds_it_mended_resolves_a_finding() -> None:
    send(*readings(3))
    consume()
    HealthData.objects.filter(step=1).update(heart_rate=1)
    advance()
    assert len(found()) == 1
    HealthData.objects.filter(step=1).update(heart_rate=61)
    CheckProgress.objects.update(cursor_ms=0, cursor_seq=0)
    advance()
    assert found() == []


def test_a_chunk_asks_the_database_a_few_times_however_many_records(
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(20):
        send(*readings(50, f"S{number}"))
    consume()
    consistency.advance(now=time.time())
    row = progress()
    with django_assert_max_num_queries(20):
        chunk = walking.step(row, now=settled(), records=1_000)
    assert chunk.records >= 900
    assert connection.in_atomic_block


@pytest.mark.parametrize(("database_s", "least", "most"), [(0.001, 2_000, 2_000), (0.075, 150, 250), (1.0, 50, 50)])
def test_chunks_grow_until_they_take_a_third_of_their_time_and_shrink_at_once(
    database_s: float, least: int, most: int
) -> None:
    pace = walking.Pace(0.15)
    for _ in range(10):
        pace.told(walking.Chunk(more=True, records=pace.records, database_s=database_s))
    assert least <= pace.records <= most


def test_chunks_whose_transactions_are_slow_do_not_stay_small() -> None:
    pace = walking.Pace(0.15)
    pace.records = walking.LEAST_RECORDS
    for _ in range(20):
        pace.told(walking.Chunk(more=True, records=pace.records, database_s=0.03 + pace.records * 40e-6))
    assert 450 <= pace.records <= 700
    pace.told(walking.Chunk(more=False, records=3, database_s=0.03))
    assert 450 <= pace.records <= 700
