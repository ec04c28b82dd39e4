"""From the lowered share to the verified end, round by round, whoever makes the rounds."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from ljwx.redis import client
from monitoring import ledger
from monitoring.ledger import ACCEPTED, STREAM
from monitoring.models import LedgerCount
from rollout.models import Pin, Plan, Rollback
from rollout.rollback import execute_rollback, progress, telling, verifying
from rollout.rollback.said import Said
from rollout.rollback.verifying import Found, Window
from streaming import registry
from tests.rollout.rollback.scene import all_at, go_on, newest, no_fence, plan, share, shares
from tests.streaming.entries import consumer, drain, put, readings

R = Rollback.Status
S = Plan.Status
HEALTH = registry.get("health")
# Longer than the minute in which the last upload of the old share was received, and its grace.
SETTLED = timedelta(seconds=75)
pytestmark = pytest.mark.usefixtures("db", "redis", "held")


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(verifying, "_checks", [])
    ledger.forget_told()
    yield
    ledger.forget_told()


def promised(count: int, *, at: datetime) -> int:
    """The edge has promised so many readings; the millisecond of their receipt."""
    received_ms = int(at.timestamp() * 1000)
    LedgerCount.objects.create(minute=received_ms // 60_000, kind="health", path=STREAM, what=ACCEPTED, count=count)
    return received_ms


def finished(rollback: Rollback) -> Rollback:
    """What it is when it was followed long enough."""
    effective = go_on(rollback.requested_at, 6).effective_at
    return go_on((effective or rollback.requested_at) + SETTLED, 2)


def store() -> None:
    drain(consumer(kinds=[HEALTH]))


def waits(rollback: Rollback) -> str:
    """Why the last round brought nothing."""
    return telling.said(rollback.facts, "")


def test_the_whole_way_ends_verified_and_with_it_the_plan() -> None:
    made = plan(S.SOAKING)
    rollback = execute_rollback("immediate", "x", "ann")
    asked = rollback.requested_at
    put("health", *readings(3), received_ms=promised(3, at=asked))
    assert go_on(asked).in_stream == 1
    assert go_on(asked + timedelta(seconds=1)).status == R.DRAINING
    made.refresh_from_db()
    assert made.status == S.DRAINING
    assert waits(go_on(asked + timedelta(seconds=2), 5)) == "health: 1 waiting"
    store()
    assert go_on(asked + timedelta(seconds=8)).status == R.DRAINING
    assert go_on(asked + timedelta(seconds=9)).status == R.VERIFYING
    assert waits(go_on(asked + timedelta(seconds=10)))
    done = go_on(asked + SETTLED)
    assert (done.status, done.active, done.in_stream) == (R.DONE, None, 1)
    assert "3 records accepted" in done.outcome
    times = (done.requested_at, done.lowered_at, done.effective_at, done.drained_at, done.verified_at)
    assert list(times) == sorted(times)
    assert done.verified_at == asked + SETTLED
    made.refresh_from_db()
    assert (made.status, made.active) == (S.ROLLED_BACK, None)
    assert made.transitions.last().reason == done.outcome


def test_what_it_waits_for_and_what_came_of_it_is_told_in_the_language_of_the_reader() -> None:
    share(40)
    rollback = execute_rollback("immediate", "x")
    waiting = go_on(rollback.requested_at + timedelta(seconds=10), 5)
    done = finished(rollback)
    with translation.override("zh-hans"):
        assert "等待最后一分钟可以核对" in telling.text(waiting)
        assert "据账本：已接收 0 条记录" in telling.said(done.facts, done.outcome)
    with translation.override("en"):
        assert "until the last minute can be judged" in telling.text(waiting)
        assert "by the ledger: 0 records accepted" in telling.text(done)
    assert telling.said({}, "From a backup.") == "From a backup."


def test_after_the_end_another_one_can_begin() -> None:
    share(40)
    first = execute_rollback("immediate", "x")
    assert finished(first).status == R.DONE
    share(40)
    second = execute_rollback("immediate", "again")
    assert second.pk != first.pk
    assert shares() == all_at(0)


def test_without_a_rollback_a_round_does_nothing() -> None:
    assert progress(now=0.0, fence=no_fence) is False


def test_a_gradual_one_takes_one_step_an_interval_and_skips_none() -> None:
    plan(S.SOAKING)
    rollback = execute_rollback("gradual", "x", interval_s=60)
    asked = rollback.requested_at
    go_on(asked)
    for second, found in ((59, 50), (60, 30), (61, 30), (119, 30), (3_600, 10), (3_601, 10), (3_660, 0)):
        go_on(asked + timedelta(seconds=second))
        assert shares() == all_at(found), second
    assert newest().lowered_at == asked + timedelta(seconds=3_660)
    assert newest().status == R.CONFIRMING
    assert Plan.objects.get().status == S.ROLLING_BACK


def test_nothing_is_drained_before_every_process_has_confirmed(reporting: Callable[..., None]) -> None:
    share(40)
    rollback = execute_rollback("immediate", "x", kinds=["health"])
    reporting(web1={"health": 2, "event": 1}, web2={"health": 1, "event": 1})
    waiting = go_on(rollback.requested_at, 5)
    assert (waiting.status, waiting.effective_at) == (R.CONFIRMING, None)
    assert "web2" in waits(waiting)
    assert "web1" not in waits(waiting)
    reporting(web1={"health": 2}, web2={"health": 3})
    found = go_on(rollback.requested_at + timedelta(seconds=6))
    assert (found.status, found.effective_at) == (R.DRAINING, rollback.requested_at + timedelta(seconds=6))
    assert waits(found) == ""


def test_no_process_at_all_is_confirmation_with_a_remark() -> None:
    share(40)
    rollback = execute_rollback("immediate", "x")
    done = finished(rollback)
    assert done.outcome.startswith("no web process was there")


def test_one_empty_look_is_not_drained() -> None:
    share(40)
    rollback = execute_rollback("immediate", "x")
    begun = rollback.requested_at + timedelta(seconds=1)
    assert go_on(begun).status == R.DRAINING
    assert go_on(begun + timedelta(seconds=2)).facts["quiet_at"]
    put("health", *readings(1))
    assert "quiet_at" not in go_on(begun + timedelta(seconds=3)).facts
    store()
    assert go_on(begun + timedelta(seconds=4)).status == R.DRAINING
    assert go_on(begun + timedelta(seconds=5)).status == R.VERIFYING


def test_two_looks_at_the_same_moment_are_one() -> None:
    share(40)
    begun = execute_rollback("immediate", "x").requested_at
    go_on(begun)
    assert go_on(begun + timedelta(seconds=2), 5, apart=0).status == R.DRAINING
    assert go_on(begun + timedelta(seconds=3)).status == R.VERIFYING


@pytest.mark.parametrize("state", ["undelivered", "pending"])
def test_what_is_read_and_not_acknowledged_is_not_drained(state: str) -> None:
    share(40)
    rollback = execute_rollback("immediate", "x")
    put("health", *readings(1))
    client("control").xgroup_create(HEALTH.stream, HEALTH.group, id="0")
    if state == "pending":
        client("control").xreadgroup(HEALTH.group, "dead:1", {HEALTH.stream: ">"})
    assert go_on(rollback.requested_at, 20).status == R.DRAINING


@pytest.mark.parametrize("feed", ["share", "pin"])
def test_a_stream_that_is_still_fed_is_drained_of_what_came_before(feed: str) -> None:
    share(40)
    old = put("health", *readings(2))
    if feed == "share":
        rollback = execute_rollback("to-percentage", "x", target=Decimal(20), kinds=["health"])
    else:
        rollback = execute_rollback("immediate", "x", kinds=["health"])
    if feed == "pin":
        expires = rollback.requested_at + timedelta(days=1)
        Pin.objects.create(device_sn="A", path="stream", owner="ann", reason="x", expires_at=expires)
    begun = rollback.requested_at
    assert go_on(begun, 5).facts["appended"] == {"health": old.decode()}
    put("health", *readings(1, "NEW"))
    subject = consumer(kinds=[HEALTH], batch_size=1)
    subject.step(block_ms=0)
    assert newest().status == R.DRAINING
    assert go_on(begun + timedelta(seconds=6), 2).status == R.VERIFYING
    assert client("control").xlen(HEALTH.stream) == 2


def test_a_pin_that_has_expired_feeds_nothing() -> None:
    share(40)
    rollback = execute_rollback("immediate", "x", kinds=["health"])
    Pin.objects.create(device_sn="A", path="stream", owner="ann", reason="x", expires_at=rollback.requested_at)
    put("health", *readings(1))
    go_on(rollback.requested_at, 3)
    put("health", *readings(1, "LATE"))
    consumer(kinds=[HEALTH], batch_size=1).step(block_ms=0)
    assert go_on(rollback.requested_at + timedelta(seconds=4), 5).status == R.DRAINING


def test_an_entry_that_was_pending_when_it_became_effective_is_waited_for() -> None:
    share(40)
    put("health", *readings(1, "OLD"))
    rollback = execute_rollback("to-percentage", "x", target=Decimal(20), kinds=["health"])
    client("control").xgroup_create(HEALTH.stream, HEALTH.group, id="0")
    client("control").xreadgroup(HEALTH.group, "dead:1", {HEALTH.stream: ">"})
    go_on(rollback.requested_at, 3)
    put("health", *readings(1, "NEW"))
    store()
    assert go_on(rollback.requested_at + timedelta(seconds=4), 5).status == R.DRAINING
    drain(consumer(kinds=[HEALTH], claim_idle_ms=0))
    assert go_on(rollback.requested_at + timedelta(seconds=10), 2).status == R.VERIFYING


def test_while_redis_is_away_it_waits_and_says_why(settings: Any) -> None:
    share(40)
    rollback = execute_rollback("immediate", "x")
    there = settings.REDIS_URL
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    away = go_on(rollback.requested_at, 5)
    assert (away.status, away.in_stream, away.effective_at) == (R.DRAINING, None, rollback.requested_at)
    assert "Redis" in waits(away)
    settings.REDIS_URL = there
    back = go_on(rollback.requested_at + timedelta(seconds=6), 3)
    assert (back.status, back.in_stream) == (R.VERIFYING, 0)
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    away = go_on(rollback.requested_at + SETTLED, 3)
    assert (away.status, "Redis" in waits(away)) == (R.VERIFYING, True)
    settings.REDIS_URL = there
    assert go_on(rollback.requested_at + SETTLED).status == R.DONE


def test_what_is_in_no_account_ends_it_unverified_and_says_how_much() -> None:
    made = plan(S.RUNNING)
    rollback = execute_rollback("immediate", "x")
    promised(7, at=rollback.requested_at)
    done = finished(rollback)
    assert (done.status, done.verified_at) == (R.DONE, None)
    assert "records in no account: 7" in done.outcome
    made.refresh_from_db()
    assert made.status == S.ROLLED_BACK


def test_a_loss_of_another_kind_or_of_long_before_is_not_its_own() -> None:
    share(40)
    rollback = execute_rollback("immediate", "x", kinds=["event"])
    promised(7, at=rollback.requested_at)
    assert finished(rollback).verified_at is not None
    second = execute_rollback("immediate", "x", kinds=["health"])
    LedgerCount.objects.all().delete()
    promised(7, at=second.requested_at - timedelta(minutes=62))
    assert finished(second).verified_at is not None


def test_a_registered_check_is_asked_and_waited_for() -> None:
    share(40)
    rollback = execute_rollback("immediate", "x", kinds=["health"])
    answers: list[Found | None] = [None, None, Found(False, Said("2 records differ"))]
    asked: list[Window] = []

    def check(window: Window) -> Found | None:
        asked.append(window)
        return answers.pop(0)

    verifying.register(check)
    verifying.register(check)
    assert go_on(rollback.requested_at, 6).status == R.VERIFYING
    assert asked == []
    assert go_on(rollback.requested_at + SETTLED, 2).status == R.VERIFYING
    done = go_on(rollback.requested_at + SETTLED + timedelta(seconds=3))
    assert (done.status, done.verified_at) == (R.DONE, None)
    assert "2 records differ" in done.outcome
    minute = int(rollback.requested_at.timestamp()) // 60
    assert {(each.kinds, each.first, each.last) for each in asked} == {(("health",), minute - 60, minute)}


class LeaseLost(Exception):
    """What the fence of a controller raises whose lease is over."""


def lost() -> None:
    raise LeaseLost


def test_a_controller_whose_lease_is_over_moves_nothing() -> None:
    plan(S.SOAKING)
    rollback = execute_rollback("gradual", "x", interval_s=1)
    moment, before = rollback.requested_at, ()
    for _ in range(40):
        moment += timedelta(seconds=5)
        before = Rollback.objects.values().get(), shares(), Plan.objects.values().get()
        if newest().status == R.DONE:
            break
        with contextlib.suppress(LeaseLost):
            assert progress(now=moment.timestamp(), fence=lost) is False
        assert (Rollback.objects.values().get(), shares(), Plan.objects.values().get()) == before
        progress(now=moment.timestamp(), fence=no_fence)
    assert newest().status == R.DONE


@pytest.mark.parametrize("status", [R.LOWERING, R.CONFIRMING, R.DRAINING, R.VERIFYING])
def test_a_round_that_began_before_another_ended_changes_nothing(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row that the round works with is older than what is in the database by now."""
    plan(S.SOAKING)
    rollback = execute_rollback("gradual" if status == R.LOWERING else "immediate", "x", interval_s=1)
    moment = rollback.requested_at + timedelta(seconds=5)
    for _ in range(10):
        if newest().status == status and newest().in_stream is not None:
            break
        go_on(moment)
        moment += timedelta(seconds=1)
    stale = newest()
    if status == R.LOWERING:
        execute_rollback("immediate", "overtaken")
    else:
        share(40)
        execute_rollback("immediate", "overtaken")
    before = Rollback.objects.values().get()
    monkeypatch.setattr("rollout.rollback.progressing.active", lambda: stale)
    assert progress(now=(moment + SETTLED).timestamp(), fence=no_fence) is False
    assert Rollback.objects.values().get() == before


@pytest.mark.usefixtures("transactional_db")
def test_many_rounds_at_once_are_as_one() -> None:
    made = plan(S.SOAKING)
    rollback = execute_rollback("gradual", "x", interval_s=60)
    for second in (60, 120, 180, 181, 182, 183, 300, 301):
        start = threading.Barrier(4)

        def round_(second: int = second, start: threading.Barrier = start) -> None:
            start.wait()
            try:
                progress(now=(rollback.requested_at + timedelta(seconds=second)).timestamp(), fence=no_fence)
            finally:
                connection.close()

        threads = [threading.Thread(target=round_) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if second in (60, 120, 180):
            assert shares() == all_at({60: 30, 120: 10, 180: 0}[second])
    assert go_on(rollback.requested_at + timedelta(seconds=400), 3).status == R.DONE
    actions = list(made.transitions.values_list("action", flat=True))
    assert [actions.count(each) for each in ("rollback", "drain", "end")] == [1, 1, 1]


def test_a_backlog_of_five_thousand_entries_is_counted_and_drained() -> None:
    share(100)
    pipeline = client("control").pipeline(transaction=False)
    put("health", *readings(1))
    ((_, fields),) = client("control").xrange(HEALTH.stream)
    for _ in range(4_999):
        pipeline.xadd(HEALTH.stream, fields)
    pipeline.execute()
    rollback = execute_rollback("immediate", "x")
    assert go_on(rollback.requested_at, 3).in_stream == 5_000
    store()
    assert go_on(rollback.requested_at + timedelta(seconds=4), 2).status == R.VERIFYING
