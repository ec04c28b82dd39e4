"""The breaker spares uploads the time-out, and finds out by one try at a time when Redis is back."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py

from ljwx.redis import async_pool
from streaming import breaker, groupcommit, producer
from streaming.breaker import LONGEST_S, Breaker
from streaming.groupcommit import GroupCommit
from streaming.producer import Entry, NotAppended, append
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def subject(clock: Clock) -> Breaker:
    found = Breaker()
    found.clock = clock
    return found


def test_closed_it_lets_everybody_try(subject: Breaker) -> None:
    assert [subject.allows() for _ in range(3)] == [True] * 3
    assert not subject.is_open


def test_a_failure_opens_it_and_then_one_may_try_at_a_time(subject: Breaker, clock: Clock) -> None:
    subject.failed()
    assert subject.is_open
    assert not subject.allows()
    clock.now += 0.25
    assert not subject.is_open
    assert [subject.allows() for _ in range(3)] == [True, False, False]
    subject.succeeded()
    assert [subject.allows() for _ in range(3)] == [True] * 3


def test_a_try_that_never_tells_how_it_ended_is_followed_by_another(subject: Breaker, clock: Clock) -> None:
    subject.failed()
    clock.now += 0.25
    assert subject.allows()
    clock.now += 0.25
    assert subject.allows()


def test_the_pauses_double_up_to_four_seconds(subject: Breaker, clock: Clock) -> None:
    pauses = []
    for _ in range(8):
        subject.failed()
        started = clock.now
        while not subject.allows():
            clock.now += 0.125
        pauses.append(clock.now - started)
    assert pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0, 4.0]
    assert pauses[-1] == LONGEST_S


@pytest.mark.usefixtures("redis")
def test_an_append_that_is_not_answered_opens_it_and_the_next_is_refused_without_asking(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    with pytest.raises(NotAppended, match="ConnectionError"):
        append([Entry("s", b"x")])
    with pytest.raises(NotAppended, match="a moment ago"):
        append([Entry("s", b"x")])


def test_a_refusal_is_an_answer() -> None:
    breaker.current.failed()
    producer.tell(redis_py.ResponseError("OOM command not allowed"))
    assert not breaker.current.is_open


@pytest.mark.usefixtures("redis")
def test_what_waits_behind_a_round_without_answer_fails_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groupcommit, "DEADLINE_S", 0.3)
    monkeypatch.setattr(groupcommit, "ROUND_MOST", 1)
    rounds = 0

    async def silent(self: GroupCommit, tickets: Any) -> None:
        nonlocal rounds
        rounds += 1
        await asyncio.sleep(60)

    monkeypatch.setattr(GroupCommit, "_round", silent)

    async def run() -> list[Any]:
        subject = GroupCommit(async_pool)
        return await asyncio.gather(*(subject.append([Entry("s", b"x")]) for _ in range(5)), return_exceptions=True)

    started = time.monotonic()
    answers = asyncio.run(run())
    assert all(isinstance(answer, NotAppended) for answer in answers)
    assert rounds == 1
    assert time.monotonic() - started < 30
    assert breaker.current.is_open


def test_every_append_of_the_project_asks_the_breaker() -> None:
    root = Path(producer.__file__).parents[1]
    found = [
        path.relative_to(root).as_posix()
        for layer in ("ingest", "rollout", "streaming")
        for path in (root / layer).rglob("*.py")
        if "xadd(" in (text := path.read_text(encoding="utf-8")) or 'b"XADD"' in text
        if "breaker.current.allows()" not in text
        # A restore is no request: it waits for Redis, and says when it is away.
        and path.relative_to(root).as_posix() != "rollout/backups/republishing.py"
    ]
    assert found == []
