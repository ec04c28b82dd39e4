"""What one can know of a consumer group."""

import pytest
import redis as redis_py

from ljwx.redis import client
from streaming import groups, registry
from tests.streaming.entries import put, readings

HEALTH = registry.get("health")
pytestmark = pytest.mark.usefixtures("redis")


def test_how_far_a_group_has_come() -> None:
    connection = client("control")
    assert groups.reach(connection, HEALTH) is None
    first, second = (put("health", *readings(1)) for _ in range(2))
    assert groups.reach(connection, HEALTH) is None
    groups.ensure(connection, HEALTH)
    assert groups.reach(connection, HEALTH) == groups.Reach(b"0-0", None)
    connection.xreadgroup(HEALTH.group, "a:1", {HEALTH.stream: ">"}, count=1)
    assert groups.reach(connection, HEALTH) == (first, first)
    connection.xreadgroup(HEALTH.group, "a:1", {HEALTH.stream: ">"}, count=1)
    connection.xack(HEALTH.stream, HEALTH.group, first)
    assert groups.reach(connection, HEALTH) == (second, second)
    connection.xack(HEALTH.stream, HEALTH.group, second)
    assert groups.reach(connection, HEALTH) == (second, None)


def test_how_far_a_group_has_come_is_not_guessed() -> None:
    connection = client("control")
    connection.xgroup_create(HEALTH.stream, "somebody else", id="0", mkstream=True)
    assert groups.reach(connection, HEALTH) is None
    connection.delete(HEALTH.stream)
    connection.set(HEALTH.stream, "a text")
    with pytest.raises(redis_py.ResponseError, match="WRONGTYPE"):
        groups.reach(connection, HEALTH)
