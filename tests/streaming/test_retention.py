"""Trimming removes what is stored and old, and nothing else."""

from typing import Any

import pytest
import redis as redis_py

from ljwx.redis import client
from streaming import backlog, groups, registry
from streaming.retention import trim
from tests.streaming.entries import put, readings

HEALTH = registry.get("health")
NOW = 1789444800.0
RETENTION_S = 3600
pytestmark = pytest.mark.usefixtures("redis")


@pytest.fixture(autouse=True)
def hour(settings: Any) -> None:
    """A retention of an hour, and streams that can be trimmed to the entry."""
    settings.STREAM_RETENTION_MINUTES = RETENTION_S // 60


def fill(count: int, *, age: float, first: int = 1) -> list[bytes]:
    milliseconds = int((NOW - age) * 1000)
    return [put("health", *readings(1), identifier=f"{milliseconds}-{first + number}") for number in range(count)]


def deliver(count: int, *, acknowledge: bool = True) -> list[bytes]:
    connection = client("control")
    groups.ensure(connection, HEALTH)
    reply = connection.xreadgroup(HEALTH.group, "a:1", {HEALTH.stream: ">"}, count=count)
    identifiers = [identifier for identifier, _fields in reply[0][1]]
    if acknowledge:
        connection.xack(HEALTH.stream, HEALTH.group, *identifiers)
    return identifiers


def held() -> set[bytes]:
    return {identifier for identifier, _fields in client("control").xrange(HEALTH.stream)}


def test_what_is_stored_and_old_is_removed() -> None:
    fill(450, age=RETENTION_S + 60)
    recent = fill(50, age=60)
    deliver(500)
    assert trim(client("control"), HEALTH, now=NOW) >= 400
    assert set(recent) <= held()
    assert backlog.measure(HEALTH, now=NOW).total == 0


def test_what_is_stored_and_recent_is_kept() -> None:
    identifiers = fill(300, age=RETENTION_S - 60)
    deliver(300)
    assert trim(client("control"), HEALTH, now=NOW) == 0
    assert held() == set(identifiers)


@pytest.mark.parametrize("delivered", [0, 1, 150, 299])
def test_what_was_not_delivered_is_never_removed(delivered: int) -> None:
    identifiers = fill(300, age=RETENTION_S * 24)
    groups.ensure(client("control"), HEALTH)
    if delivered:
        deliver(delivered)
    trim(client("control"), HEALTH, now=NOW)
    assert set(identifiers[delivered:]) <= held()
    assert backlog.measure(HEALTH, now=NOW).undelivered == 300 - delivered


@pytest.mark.parametrize("oldest", [0, 120, 299])
def test_what_is_pending_is_never_removed(oldest: int) -> None:
    identifiers = fill(300, age=RETENTION_S * 24)
    deliver(oldest) if oldest else None
    left = deliver(1, acknowledge=False)
    deliver(300 - oldest) if oldest < 299 else None
    trim(client("control"), HEALTH, now=NOW)
    assert left == [identifiers[oldest]]
    assert set(identifiers[oldest:]) <= held()
    claimed = client("control").xautoclaim(HEALTH.stream, HEALTH.group, "b:1", 0)
    assert [identifier for identifier, _fields in claimed[1]] == left


def test_without_a_group_nothing_is_removed() -> None:
    identifiers = fill(300, age=RETENTION_S * 24)
    assert trim(client("control"), HEALTH, now=NOW) == 0
    assert held() == set(identifiers)


def test_beside_a_group_that_is_not_ours_nothing_is_removed() -> None:
    identifiers = fill(300, age=RETENTION_S * 24)
    deliver(300)
    client("control").xgroup_create(HEALTH.stream, "somebody else", id="0")
    assert trim(client("control"), HEALTH, now=NOW) == 0
    assert held() == set(identifiers)


def test_a_stream_that_is_not_there_is_not_made() -> None:
    assert trim(client("control"), HEALTH, now=NOW) == 0
    assert client("control").exists(HEALTH.stream) == 0


def test_on_any_error_nothing_is_removed(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    identifiers = fill(300, age=RETENTION_S * 24)
    deliver(300)
    connection = client("control")

    def fail(*args: Any) -> Any:
        raise redis_py.TimeoutError("Timeout reading from socket")

    for command in ("xinfo_groups", "xpending"):
        with monkeypatch.context() as patched:
            patched.setattr(connection, command, fail)
            assert trim(connection, HEALTH, now=NOW) == 0
    assert held() == set(identifiers)


def test_the_last_delivered_is_read_before_the_oldest_pending(monkeypatch: pytest.MonkeyPatch) -> None:
    identifiers = fill(300, age=RETENTION_S * 24)
    deliver(100)
    connection = client("control")
    real = connection.xpending

    def delivered_meanwhile(*args: Any) -> Any:
        found = real(*args)
        deliver(100, acknowledge=False)
        return found

    monkeypatch.setattr(connection, "xpending", delivered_meanwhile)
    trim(connection, HEALTH, now=NOW)
    assert set(identifiers[100:]) <= held()
