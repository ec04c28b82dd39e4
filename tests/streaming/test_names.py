"""The names in a group: nothing pending is ever destroyed with one."""

from typing import Any

import pytest
import redis as redis_py

from ljwx.redis import SLOT_KEY, client
from streaming import groups, names, registry
from tests.streaming.entries import put, readings

HEALTH = registry.get("health")
pytestmark = pytest.mark.usefixtures("redis")


@pytest.fixture
def left() -> Any:
    """Gives the names in the group, one of which has an entry pending."""
    groups.ensure(client("control"), HEALTH)
    put("health", *readings(1))
    client("control").xreadgroup(HEALTH.group, "busy:1", {HEALTH.stream: ">"})
    for name in ("idle:1", "held:1"):
        client("control").xgroup_createconsumer(HEALTH.stream, HEALTH.group, name)
    return lambda: sorted(names.pending(client("control"), HEALTH))


def test_a_name_with_nothing_pending_is_removed(left: Any) -> None:
    assert names.forget(client("control"), HEALTH, "idle:1")
    assert left() == ["busy:1", "held:1"]


def test_a_name_with_something_pending_stays_with_it(left: Any) -> None:
    assert not names.forget(client("control"), HEALTH, "busy:1")
    assert names.pending(client("control"), HEALTH) == {"busy:1": 1, "idle:1": 0, "held:1": 0}


def test_a_name_or_a_group_that_is_not_there_is_fine(left: Any) -> None:
    assert names.forget(client("control"), HEALTH, "unknown:1")
    assert names.forget(client("control"), registry.get("device"), "idle:1")
    assert names.pending(client("control"), registry.get("device")) == {}


def test_other_errors_are_not_taken_for_that() -> None:
    client("control").set(HEALTH.stream, "x")
    for ask in (names.pending, lambda *values: names.forget(*values, "idle:1")):
        with pytest.raises(redis_py.ResponseError, match="WRONGTYPE"):
            ask(client("control"), HEALTH)


def test_names_that_nobody_has_used_for_long_are_swept(left: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client("control").set(SLOT_KEY.format("held:1"), "somebody")
    assert names.sweep(client("control"), HEALTH) == []
    monkeypatch.setattr(names, "GONE_MS", -1)
    assert names.sweep(client("control"), HEALTH) == ["idle:1"]
    assert left() == ["busy:1", "held:1"]


def test_a_sweep_that_fails_is_left_for_the_next_time(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock?db=0"
    assert names.sweep(client("control"), HEALTH) == []
