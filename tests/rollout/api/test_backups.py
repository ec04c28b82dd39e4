"""Backups and consumers over the API."""

from typing import Any

import pytest
from django.db import connection

from rollout.models import Backup, Route
from streaming import groups, registry
from streaming.models import ConsumerChange
from tests.rollout.api.conftest import Caller, Person


@pytest.fixture
def streams(redis: Any) -> None:
    for kind in registry.kinds():
        groups.ensure(redis, kind)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("streams")
def test_a_backup_is_taken_and_put_back(operator: Caller, person: Person, settings: Any) -> None:
    settings.PLAN_PEOPLE = 1
    Route.objects.update(percentage=40)
    taken = operator.post("backups", {"reason": "before the change", "event": "change-7"})
    assert (taken.status_code, taken.json()["backup"]["status"]) == (201, "verified"), taken.content
    number = taken.json()["backup"]["id"]
    assert operator.post("backups", {"reason": "again", "event": "change-7"}).json()["backup"]["id"] == number
    Route.objects.update(percentage=10)
    assert operator.post(f"backups/{number}/restore", {"reason": "x"}).status_code == 200
    assert set(Route.objects.values_list("percentage", flat=True)) == {10}
    bob = person("bob", "rollout.restore_backup")
    answer = bob.post(f"backups/{number}/restore", {"reason": "x", "raise_shares": True})
    assert answer.status_code == 403
    answer = operator.post(f"backups/{number}/restore", {"reason": "x", "raise_shares": True})
    assert answer.status_code == 200, answer.content
    assert set(Route.objects.values_list("percentage", flat=True)) == {40}
    assert number in [each["id"] for each in operator.get("backups").json()["backups"]]
    assert connection.in_atomic_block is False


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("streams")
def test_where_two_people_must_agree_nobody_raises_a_share_alone(operator: Caller, settings: Any) -> None:
    settings.PLAN_PEOPLE = 2
    number = operator.post("backups", {"reason": "x"}).json()["backup"]["id"]
    answer = operator.post(f"backups/{number}/restore", {"reason": "x", "raise_shares": True})
    assert answer.status_code == 409


def test_a_backup_that_is_none_is_not_put_back(operator: Caller) -> None:
    row = Backup.objects.create(event="x", path="/nowhere", actor="ann", reason="x")
    assert operator.post(f"backups/{row.pk}/restore", {"reason": "x"}).status_code == 409


@pytest.mark.parametrize("event", ["", "../../etc", "x" * 101, "a b"])
def test_an_event_is_a_word(operator: Caller, event: str) -> None:
    answer = operator.post("backups", {"reason": "x", "event": event})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["event"])
    assert not Backup.objects.exists()


def test_the_number_of_consumers_is_changed_and_told(operator: Caller, settings: Any) -> None:
    settings.CONSUMER_MIN, settings.CONSUMER_MAX = 1, 8
    answer = operator.post("consumers/scale", {"count": 4, "reason": "evening"})
    assert (answer.status_code, answer.json()["after"]) == (200, 4)
    assert ConsumerChange.objects.get().actor == "operator"
    told = operator.get("consumers").json()
    assert (told["minimum"], told["maximum"], told["consumers"], told["converged"]) == (1, 8, [], False)


@pytest.mark.parametrize("count", [0, 9, -1, "many", None])
def test_a_number_beyond_the_limits_is_refused(operator: Caller, settings: Any, count: Any) -> None:
    settings.CONSUMER_MIN, settings.CONSUMER_MAX = 1, 8
    answer = operator.post("consumers/scale", {"count": count, "reason": "x"})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["count"])


def test_without_redis_the_consumers_are_unknown(operator: Caller, settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    answer = operator.get("consumers")
    assert (answer.status_code, answer.json()["status"]) == (503, "error")
