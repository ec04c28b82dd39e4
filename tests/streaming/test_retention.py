"""Trimming removes what is stored and old, and nothing else."""

from types import SimpleNamespace
from typing import Any

import pytest
import redis as redis_py

from ljwx.redis import TRIMMED_KEY, client
from streaming import backlog, groups, registry, retention
from streaming.retention import kept_since_ms, relieve, trim
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


def test_on_any_error_nothing_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    identifiers = fill(300, age=RETENTION_S * 24)
    deliver(300)
    connection = client("control")

    def fail(*args: Any) -> Any:
        raise redis_py.TimeoutError("Timeout reading from socket")

    with monkeypatch.context() as patched:
        patched.setattr(connection, "execute_command", fail)
        assert trim(connection, HEALTH, now=NOW) == 0
    assert held() == set(identifiers)


def test_a_text_in_place_of_a_stream_is_left_alone() -> None:
    client("control").set(HEALTH.stream, "a text")
    assert trim(client("control"), HEALTH, now=NOW) == 0
    assert client("control").get(HEALTH.stream) == b"a text"


class Restless:
    """A connection that somebody else uses after each of its commands: destroys the group and makes it anew."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, command: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return getattr(self._connection, command)(*args, **kwargs)
            finally:
                self._connection.xgroup_destroy(HEALTH.stream, HEALTH.group)
                groups.ensure(self._connection, HEALTH)

        return call


def test_what_was_pending_of_a_group_that_is_made_anew_meanwhile_is_kept() -> None:
    identifiers = fill(300, age=RETENTION_S * 24)
    deliver(300, acknowledge=False)
    trim(Restless(client("control")), HEALTH, now=NOW)
    assert held() == set(identifiers)


@pytest.mark.parametrize("delivered", [100, 150, 299])
def test_entries_of_one_millisecond_are_told_apart_however_large_their_sequence(delivered: int) -> None:
    identifiers = fill(300, age=RETENTION_S * 24, first=2**64 - 300)
    deliver(delivered)
    removed = trim(client("control"), HEALTH, now=NOW)
    # An approximate trim removes whole nodes, of 100 entries at most.
    assert delivered - 100 < removed <= delivered
    assert set(identifiers[delivered:]) <= held()


def pressed(monkeypatch: pytest.MonkeyPatch, share: float = 0.7) -> None:
    """Redis uses so much of its memory, measured by what it really uses."""
    real = client("control").info

    def info(section: str) -> dict[str, Any]:
        told: Any = real(section)
        return {**told, "maxmemory": int(told["used_memory"] / share)}

    monkeypatch.setattr(client("control"), "info", info)


def test_while_memory_is_short_the_oldest_of_what_is_stored_leaves_early(monkeypatch: pytest.MonkeyPatch) -> None:
    for minutes in range(50, 0, -1):
        fill(100, age=minutes * 60)
    deliver(5_000)
    pressed(monkeypatch)
    # From 70 to 55 %: 39.3 minutes of 50 remain. Whole nodes are removed, of 100 entries at most.
    assert 1_000 <= relieve(client("control"), [HEALTH], now=NOW) <= 1_100
    since = kept_since_ms(client("control"), HEALTH, now_ms=int(NOW * 1000))
    assert since / 1000 == pytest.approx(NOW - 50 * 60 * 55 / 70, abs=1)
    for _ in range(20):
        relieve(client("control"), [HEALTH], now=NOW)
    # The check has a minute more than its grace.
    assert 200 <= len(held()) < 320
    assert backlog.measure(HEALTH, now=NOW).total == 0


@pytest.mark.parametrize("share", [0.2, 0.64])
def test_while_there_is_room_nothing_leaves_early(monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    identifiers = fill(300, age=3_000)
    deliver(300)
    pressed(monkeypatch, share)
    assert relieve(client("control"), [HEALTH], now=NOW) == 0
    assert held() == set(identifiers)
    assert kept_since_ms(client("control"), HEALTH, now_ms=int(NOW * 1000)) == int((NOW - RETENTION_S) * 1000)


@pytest.mark.parametrize("oldest", [0, 120, 299])
def test_however_short_memory_is_what_is_not_stored_stays(monkeypatch: pytest.MonkeyPatch, oldest: int) -> None:
    identifiers = fill(300, age=3_000)
    deliver(oldest) if oldest else None
    deliver(1, acknowledge=False)
    pressed(monkeypatch, 0.99)
    for _ in range(20):
        relieve(client("control"), [HEALTH], now=NOW)
    assert set(identifiers[oldest:]) <= held()


def test_since_when_all_is_kept_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    fill(100, age=3_000)
    fill(100, age=600)
    deliver(200)
    pressed(monkeypatch)
    relieve(client("control"), [HEALTH], now=NOW)
    before = kept_since_ms(client("control"), HEALTH, now_ms=int(NOW * 1000))
    relieve(client("control"), [HEALTH], now=NOW - 1_200)
    assert kept_since_ms(client("control"), HEALTH, now_ms=int(NOW * 1000)) == before > (NOW - RETENTION_S) * 1000


def test_a_host_whose_clock_is_ahead_takes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    identifiers = [put("health", *readings(1)) for _ in range(300)]
    deliver(300)
    pressed(monkeypatch)
    monkeypatch.setattr(retention, "time", SimpleNamespace(time=lambda: 4e9))
    assert relieve(client("control"), [HEALTH]) == 0
    assert held() == set(identifiers)
    assert kept_since_ms(client("control"), HEALTH, now_ms=0) < int(identifiers[0].split(b"-")[0])


def test_what_leaves_early_is_told_before_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    fill(200, age=3_000)
    deliver(200)
    pressed(monkeypatch)
    told: list[object] = []

    def remove(connection: Any, kind: registry.Kind, before_ms: int) -> int:
        told.append(connection.zscore(TRIMMED_KEY, kind.stream))
        return 0

    monkeypatch.setattr(retention, "_remove", remove)
    relieve(client("control"), [HEALTH], now=NOW)
    assert told == [pytest.approx((NOW - 3_000 * 55 / 70) * 1000, abs=1_000)]


def test_a_key_that_is_no_stream_does_not_keep_others_from_being_relieved(monkeypatch: pytest.MonkeyPatch) -> None:
    client("control").set(registry.get("event").stream, "a text")
    fill(200, age=3_000)
    deliver(200)
    pressed(monkeypatch)
    assert relieve(client("control"), [registry.get("event"), HEALTH], now=NOW) > 0
