"""The live document between the leader and the web processes."""

from decimal import Decimal
from typing import Any

import pytest

from ljwx import redis as ljwx_redis
from monitoring import live
from monitoring.live import COMPOSE_S, SILENT_S, Document, Live
from tests.clock import Clock


class Composing:
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> Document:
        self.asked += 1
        return document(10_000 + self.asked, source="web")


def document(seq: int, *, source: str = "controller") -> Document:
    return {"seq": seq, "measured_at": seq / 1000, "source": source, "share": Decimal("12.50")}


@pytest.fixture
def compose() -> Composing:
    return Composing()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def held(redis: Any, compose: Composing, clock: Clock) -> Live:
    found = Live()
    found.clock = clock  # type: ignore[method-assign]
    found.compose = compose
    return found


def test_what_the_leader_publishes_is_what_a_web_process_has(held: Live, compose: Composing) -> None:
    live.publish(document(1))
    assert held.get() == {"seq": 1, "measured_at": 0.001, "source": "controller", "share": 12.5, "age_s": 0}
    assert compose.asked == 0


def test_a_web_process_looks_twice_a_second_at_most(held: Live, clock: Clock) -> None:
    live.publish(document(1))
    held.get()
    live.publish(document(2))
    assert held.get()["seq"] == 1
    clock.now += 0.5
    assert held.get()["seq"] == 2


def test_what_nobody_renews_grows_old_and_is_composed_here_soon(held: Live, compose: Composing, clock: Clock) -> None:
    live.publish(document(1))
    held.get()
    clock.now += SILENT_S - 0.1
    assert (held.get()["seq"], held.get()["age_s"]) == (1, SILENT_S - 0.1)
    clock.now += 0.6
    assert (held.get()["source"], held.get()["age_s"], compose.asked) == ("web", 0, 1)


def test_without_a_leader_it_is_composed_once_a_second_whoever_asks(
    held: Live, compose: Composing, clock: Clock
) -> None:
    for _ in range(10):
        held.get()
    assert compose.asked == 1
    clock.now += COMPOSE_S
    assert held.get()["seq"] == 10_002


def test_a_leader_that_comes_back_is_believed(held: Live, clock: Clock) -> None:
    assert held.get()["source"] == "web"
    live.publish(document(20_000))
    clock.now += 0.5
    assert held.get()["source"] == "controller"


def test_what_is_older_than_what_is_known_is_not_shown(held: Live, clock: Clock) -> None:
    live.publish(document(2))
    held.get()
    live.publish(document(1))
    clock.now += 0.5
    assert held.get()["seq"] == 2


def test_a_redis_that_is_away_does_not_take_the_dashboard_with_it(
    held: Live, compose: Composing, settings: Any
) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert held.get()["source"] == "web"
    assert compose.asked == 1


def test_what_is_published_lives_for_seconds_only(redis: Any) -> None:
    live.publish(document(1))
    assert 0 < redis.pttl(ljwx_redis.LIVE_KEY) <= live.LIFE_MS
