"""The document that a web process composes by itself, and what it says when its sources are away."""

from typing import Any

import pytest
from django.db import OperationalError

from monitoring import live, tallies
from monitoring.bucket import Bucket
from monitoring.models import Tally
from rollout.api.status import everything
from rollout.live import parts
from rollout.live.document import Composer
from rollout.live.held import Held
from rollout.live.rates import Rates
from rollout.models import Route
from rollout.plans import drafting
from rollout.plans.templates import TEMPLATES
from streaming import groups, registry
from streaming.deadletters import Burial, bury
from tests.clock import Clock


@pytest.fixture
def streams(db: None, redis: Any) -> None:
    for kind in registry.kinds():
        groups.ensure(redis, kind)


def composed() -> dict[str, Any]:
    """As a browser gets it."""
    import msgspec

    found: dict[str, Any] = msgspec.json.decode(live.encode(Composer("web").compose()))
    return found


@pytest.mark.usefixtures("streams")
def test_everything_is_there_with_nothing_unknown() -> None:
    drafting.create(name="autumn", steps=TEMPLATES["fast"], actor="ann")
    bury([Burial("health", "SECRET-1", "heart rate: 999", "json", b"{}", 1_000)])
    told = composed()
    assert (told["unknown"], told["source"]) == ({}, "web")
    assert set(told) == {
        "seq", "measured_at", "source", "unknown", *everything.DATABASE, *everything.REDIS, "judged", "drawn_up",
        "last_rollback", "lately", "recent", "dead_letters", "verified_through", "devices", "way_back",
        "thresholds", "checklist",
    }  # fmt: skip
    assert told["traffic"]["health"]["percentage"] == 0
    assert told["drawn_up"]["name"] == "autumn"
    assert {each["phase"] for each in told["checklist"]} == {"before", "during", "after"}
    assert [(each["kind"], each["count"]) for each in told["dead_letters"]] == [("health", 1)]
    assert "SECRET-1" not in str(told)


@pytest.mark.usefixtures("streams")
def test_the_last_minute_is_read_a_second_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from monitoring import evidence

    second = 1_790_000_000
    monkeypatch.setattr(evidence, "settled", lambda: second)
    composer = Composer("web")

    def tell(at: int, uploads: int) -> None:
        told = tallies.encode([Bucket("stream", "health", 1, uploads=uploads, good=uploads)])
        Tally.objects.create(process="p", number=Tally.objects.count(), written=at, data=told)

    tell(second - 1, 60)
    assert composer.compose()["lately"]["paths"]["stream"]["uploads_per_s"] == 1
    tell(second - 1, 60)  # never: a settled second does not change; it is not read again
    tell(second, 120)
    second += 1
    assert composer.compose()["lately"]["paths"]["stream"]["uploads_per_s"] == 3
    second += 59
    assert composer.compose()["lately"]["paths"]["stream"]["uploads_per_s"] == 2


@pytest.mark.usefixtures("db")
def test_a_redis_that_is_away_leaves_what_the_database_knows(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    told = composed()
    assert told["streams"] is told["checklist"] is None
    assert set(told["unknown"]) == {*everything.REDIS, "checklist"}
    assert told["traffic"]["event"]["percentage"] == 0


@pytest.mark.usefixtures("streams")
def test_a_database_that_is_away_is_said_and_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("away")

    monkeypatch.setattr(Route.objects, "order_by", away)
    told = composed()
    assert told["traffic"] is told["devices"] is None
    assert told["unknown"]["traffic"] == "database: OperationalError"
    assert told["streams"]["health"]["backlog"] == 0


def test_a_slow_part_is_asked_every_so_often_and_after_a_failure_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([OperationalError("away"), 1, 2])
    clock = Clock()

    def read() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    held = Held(read, every_s=10)
    held.clock = clock  # type: ignore[method-assign]
    with pytest.raises(OperationalError):
        held()
    assert [held(), held()] == [1, 1]
    clock.now += 10
    assert held() == 2


def test_the_rate_of_a_consumer_is_that_of_one_process() -> None:
    rates = Rates()

    def look(pid: int, stored: int, now: float) -> Any:
        told = {"consumers": [{"name": "a:1", "pid": pid, "stored": stored, "duplicates": 0, "dead": 0}]}
        rates.add(told, now=now)
        return told["consumers"][0]["rate"]

    assert look(1, 100, 10.0) is None
    assert look(1, 150, 12.0) == 25
    assert look(2, 10, 13.0) is None
    rates.add(None, now=14.0)


@pytest.mark.usefixtures("db")
def test_without_a_judgement_of_this_round_the_last_that_was_kept_is_told() -> None:
    assert parts.judged() is None
    assert parts.drawn_up() is None
    assert parts.last_rollback() is None


@pytest.mark.usefixtures("streams")
def test_what_is_read_seldom_is_read_at_once_when_the_share_has_changed() -> None:
    composer = Composer("web")
    assert {move["from"] for move in composer.compose()["way_back"]["moves"]} == {"0.00"}
    Route.objects.update(percentage=30)
    assert {move["from"] for move in composer.compose()["way_back"]["moves"]} == {"0.00"}
    Route.objects.update(epoch=2)
    assert {move["from"] for move in composer.compose()["way_back"]["moves"]} == {"30.00"}
