"""Everything at a glance, honest about what can not be known."""

import contextlib
import socket
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from ljwx import databaseclock
from monitoring import alarms
from monitoring.models import ProcessReport
from rollout import override
from rollout.models import Route, Step
from rollout.plans import drafting, transitions
from rollout.plans.templates import TEMPLATES
from streaming import groups, registry, safety
from tests.rollout.api.conftest import Caller


@pytest.fixture
def streams(redis: Any) -> None:
    """Every stream with its group."""
    for kind in registry.kinds():
        groups.ensure(redis, kind)


def status(caller: Caller) -> dict[str, Any]:
    answer = caller.get("status")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def test_everything_is_told_of_a_system_that_is_well(operator: Caller, streams: None) -> None:
    told = status(operator)
    assert told["unknown"] == {}
    assert told["traffic"]["health"] == {
        "percentage": 0,
        "mirror_percentage": 0,
        "epoch": 1,
        "updated_at": told["traffic"]["health"]["updated_at"],
    }
    assert set(told["traffic"]) == {"health", "device", "event"}
    assert (told["override"], told["plan"], told["rollback"], told["alarms"]) == (None, None, None, [])
    assert told["consumers"]["running"] == 0
    assert {name: each["backlog"] for name, each in told["streams"].items()} == {"health": 0, "device": 0, "event": 0}
    assert told["streams"]["health"]["oldest_s"] is None
    assert {
        key: next(each for each in told["redis"] if each["name"] == "maxmemory-policy")[key]
        for key in ("name", "ok", "closes")
    } == {"name": "maxmemory-policy", "ok": True, "closes": True}


def test_what_waits_in_a_stream_is_told(operator: Caller, streams: None, redis: Any) -> None:
    redis.xadd("health_data_stream", {"d": b"x"}, id="1640995200000-0")
    told = status(operator)["streams"]["health"]
    assert (told["length"], told["undelivered"], told["pending"], told["backlog"]) == (1, 1, 0, 1)
    assert told["oldest_s"] > 3600


def test_the_plan_that_runs_says_what_it_waits_for(operator: Caller, streams: None, settings: Any) -> None:
    settings.PLAN_PEOPLE = 1
    plan = drafting.create(name="autumn", steps=TEMPLATES["fast"], actor="ann")
    transitions.submit(plan.pk, actor="ann")
    transitions.approve(plan.pk, actor="ann", reason="x")
    transitions.start(plan.pk, actor="ann", preflight=lambda plan: [])
    plan.steps.filter(position=1).update(status=Step.Status.HELD, observing_since=timezone.now(), blocked_by=["sample"])
    told = status(operator)["plan"]
    assert (told["name"], told["status"], told["current_step"]) == ("autumn", "running", 1)
    assert told["blocked_by"] == ["sample"]
    assert (told["next_step"]["position"], told["next_step"]["percentage"]) == (2, 25)
    assert 590 < told["next_step"]["in_s"] <= 600
    assert told["next_step"]["needs"] == "person"


def test_a_process_that_goes_by_an_older_share_is_named(operator: Caller, streams: None) -> None:
    data = '{"epochs": {"health": 0, "device": 1, "event": 1}}'
    ProcessReport.objects.create(
        name="host:1", role=ProcessReport.Role.WEB, started=0.0, seen_at=databaseclock.now(), data=data
    )
    assert status(operator)["unconfirmed"] == ["host:1"]


def test_an_alarm_that_stands_is_told(operator: Caller, streams: None) -> None:
    alarms.sound("lost:health", "three entries")
    assert [(each["name"], each["text"]) for each in status(operator)["alarms"]] == [("lost:health", "three entries")]


def test_a_forced_share_is_told(operator: Caller, streams: None, settings: Any) -> None:
    (Path(settings.VAR_DIR) / "STREAM_FORCE_PERCENTAGE").write_text("0")
    override.current.refresh()
    try:
        assert status(operator)["override"] == {"percentage": 0, "from": "STREAM_FORCE_PERCENTAGE"}
    finally:
        (Path(settings.VAR_DIR) / "STREAM_FORCE_PERCENTAGE").unlink()
        override.current.refresh()


def test_without_redis_what_the_database_knows_is_told_and_the_rest_is_unknown(operator: Caller, settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    safety.current.refresh()
    told = status(operator)
    assert set(told["unknown"]) == {"redis", "streams", "shadows", "consumers", "alarms"}
    assert all(told[name] is None and why.startswith("Redis: ") for name, why in told["unknown"].items())
    assert told["traffic"]["health"]["percentage"] == 0
    assert not told["stream"]["open"]


def test_a_redis_that_hangs_is_waited_for_once(operator: Caller, settings: Any, monkeypatch: Any) -> None:
    asked: list[str] = []
    monkeypatch.setattr("monitoring.alarms.standing", lambda: asked.append("alarms"))
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        told = status(operator)
    assert set(told["unknown"]) == {"redis", "streams", "shadows", "consumers", "alarms"}
    assert asked == []


def test_a_stream_of_the_wrong_type_hides_nothing_else(operator: Caller, streams: None, redis: Any) -> None:
    redis.delete("health_data_stream")
    redis.set("health_data_stream", "not a stream")
    told = status(operator)
    assert set(told["unknown"]) >= {"streams"}
    assert told["alarms"] == []
    assert told["redis"] is not None


def test_a_database_that_goes_away_meanwhile_hides_nothing_else(
    operator: Caller, streams: None, monkeypatch: Any
) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError(2006, "server has gone away")

    monkeypatch.setattr(Route.objects, "order_by", away)
    told = status(operator)
    assert set(told["unknown"]) == {
        "traffic", "unconfirmed", "mirror", "plan", "rollback", "controller", "alerts",
    }  # fmt: skip
    assert told["streams"]["health"]["backlog"] == 0


def test_a_database_that_does_not_answer_is_503_with_the_way_back(operator: Caller, monkeypatch: Any) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError(2006, "server has gone away")

    monkeypatch.setattr("django.contrib.auth.models.User.has_perm", away)
    answer = operator.get("status")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "STREAM_FORCE_PERCENTAGE" in answer.json()["message"]


def test_nothing_of_it_is_kept_by_a_browser(operator: Caller) -> None:
    assert operator.get("status")["Cache-Control"] == "no-store"
