"""The backlog: what is not yet stored, exact, and never zero for want of an answer."""

import time
from typing import Any

import pytest
import redis as redis_py

from ljwx.redis import client
from streaming import backlog, groups, paging, registry
from streaming.backlog import Backlog, measure
from tests.streaming.entries import put, readings
from tests.streaming.oldest import since_7

HEALTH = registry.get("health")
NOW = 1789444800.0
pytestmark = pytest.mark.usefixtures("redis")


def fill(count: int, *, age: float = 0.0) -> list[bytes]:
    """Append that many entries, `age` seconds before now."""
    milliseconds = int((NOW - age) * 1000)
    return [put("health", *readings(1), identifier=f"{milliseconds}-{number}") for number in range(1, count + 1)]


def deliver(count: int) -> list[bytes]:
    groups.ensure(client("control"), HEALTH)
    reply = client("control").xreadgroup(HEALTH.group, "a:1", {HEALTH.stream: ">"}, count=count)
    return [identifier for identifier, _fields in reply[0][1]]


def test_without_a_stream_there_is_nothing() -> None:
    assert measure(HEALTH, now=NOW) == Backlog(0, 0, 0, None)


def test_without_a_group_everything_is_undelivered() -> None:
    fill(3, age=10)
    assert measure(HEALTH, now=NOW) == Backlog(3, 3, 0, 10.0)


def test_delivered_and_acknowledged_entries_are_no_backlog_though_they_are_in_the_stream() -> None:
    fill(5, age=10)
    client("control").xack(HEALTH.stream, HEALTH.group, *deliver(3))
    assert measure(HEALTH, now=NOW) == Backlog(5, 2, 0, 10.0)
    client("control").xack(HEALTH.stream, HEALTH.group, *deliver(2))
    assert measure(HEALTH, now=NOW) == Backlog(5, 0, 0, None)


def test_pending_entries_are_backlog_and_the_oldest_counts() -> None:
    fill(2, age=30)
    fill(2, age=10)
    client("control").xack(HEALTH.stream, HEALTH.group, deliver(3)[0])
    found = measure(HEALTH, now=NOW)
    assert (found, found.total) == (Backlog(4, 1, 2, 30.0), 3)


@since_7
def test_a_deleted_entry_makes_no_difference_to_the_count() -> None:
    identifiers = fill(5)
    groups.ensure(client("control"), HEALTH)
    client("control").xdel(HEALTH.stream, identifiers[2])
    assert client("control").xinfo_groups(HEALTH.stream)[0]["lag"] is None
    assert measure(HEALTH, now=NOW) == Backlog(4, 4, 0, 0.0)


def test_trimmed_entries_that_nobody_read_are_not_counted() -> None:
    fill(5)
    groups.ensure(client("control"), HEALTH)
    client("control").xtrim(HEALTH.stream, maxlen=2, approximate=False)
    assert measure(HEALTH, now=NOW).undelivered == 2


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_the_count_is_exact_whatever_the_page(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(paging, "FIRST_PAGE", 2)
    monkeypatch.setattr(paging, "PAGE", 2)
    fill(count)
    assert measure(HEALTH, now=NOW).undelivered == count


@since_7
def test_a_very_long_backlog_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "FIRST_PAGE", 2)
    monkeypatch.setattr(paging, "PAGE", 2)
    monkeypatch.setattr(backlog, "EXACT", 4)
    fill(9)
    assert measure(HEALTH, now=NOW).undelivered == 9  # without a group nobody has read any of it
    groups.ensure(client("control"), HEALTH)
    assert measure(HEALTH, now=NOW).undelivered == 9  # as Redis itself says
    client("control").xdel(HEALTH.stream, deliver(1)[0])
    client("control").xdel(HEALTH.stream, client("control").xrange(HEALTH.stream)[3][0])
    assert measure(HEALTH, now=NOW).undelivered == 4  # Redis does not know any more


def test_large_entries_are_counted_a_few_at_a_time_and_not_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "FIRST_PAGE", 3)
    monkeypatch.setattr(paging, "PAGE_BYTES", 2_500)
    monkeypatch.setattr(backlog, "EXACT_BYTES", 6_500)
    asked: list[int] = []
    real = client("control").xrange

    def counted(*args: Any, count: int, **kwargs: Any) -> Any:
        asked.append(count)
        return real(*args, count=count, **kwargs)

    for _ in range(9):
        client("control").xadd(HEALTH.stream, {"d": "x" * 1_000})
    monkeypatch.setattr(client("control"), "xrange", counted)
    groups.ensure(client("control"), HEALTH)
    found = measure(HEALTH)
    assert asked == [3, 2, 2]
    assert found.undelivered in {7, 9}  # 9 where Redis itself knows
    client("control").xtrim(HEALTH.stream, maxlen=6, approximate=False)
    assert measure(HEALTH).undelivered == 6


def test_a_clock_that_is_behind_gives_no_negative_age() -> None:
    fill(1, age=-60)
    assert measure(HEALTH, now=NOW).oldest_s == 0.0


def test_the_age_is_that_of_the_wall_clock() -> None:
    put("health", *readings(1))
    assert 0 <= measure(HEALTH).oldest_s < time.time()


def test_no_answer_is_an_error_and_not_zero(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock?db=0"
    with pytest.raises(redis_py.ConnectionError):
        measure(HEALTH)


def test_a_key_that_is_no_stream_is_an_error_and_not_zero() -> None:
    client("control").set(HEALTH.stream, "x")
    with pytest.raises(redis_py.ResponseError):
        measure(HEALTH)
