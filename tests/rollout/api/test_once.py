"""The same request sent again gets the first answer again, and changes nothing twice."""

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client
from rest_framework.response import Response

from rollout.api import once
from rollout.api.once import Ticket
from rollout.models import Change, Plan, Rollback
from tests.rollout.api.conftest import Caller, Person

PLAN = {"template": "fast"}
KEY = {"Idempotency-Key": "4f1c"}


def test_the_same_request_again_gets_the_first_answer_again(operator: Caller) -> None:
    first = operator.post("create_switch_plan", PLAN, **KEY)
    again = operator.post("create_switch_plan/", PLAN, **KEY)
    assert (first.status_code, first["Idempotency-Key-Kept"]) == (201, "true")
    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
    assert again.content == first.content
    assert Plan.objects.count() == 1


def test_without_a_key_each_request_counts(operator: Caller) -> None:
    operator.post("create_switch_plan", PLAN)
    operator.post("create_switch_plan", PLAN)
    assert Plan.objects.count() == 2


def test_a_refusal_is_the_answer_again_too(operator: Caller) -> None:
    first = operator.post("switch_traffic", {"reason": "no share"}, **KEY)
    again = operator.post("switch_traffic", {"reason": "no share"}, **KEY)
    assert (first.status_code, again.status_code) == (400, 400)
    assert again["Idempotency-Replayed"] == "true"
    assert again.content == first.content


def test_another_body_with_that_key_is_refused(operator: Caller) -> None:
    operator.post("create_switch_plan", PLAN, **KEY)
    answer = operator.post("create_switch_plan", {"template": "three-phase"}, **KEY)
    assert answer.status_code == 422
    assert Plan.objects.count() == 1


def test_the_key_of_another_user_or_address_is_another_key(operator: Caller, person: Person) -> None:
    operator.post("create_switch_plan", PLAN, **KEY)
    assert person("bob", "rollout.add_plan").post("create_switch_plan", PLAN, **KEY).status_code == 201
    assert operator.post("emergency_rollback", {"reason": "x"}, **KEY).status_code == 200
    assert Plan.objects.count() == 2


def test_who_may_not_any_more_is_not_told_the_answer(person: Person) -> None:
    caller = person("ann", "rollout.add_plan")
    caller.post("create_switch_plan", PLAN, **KEY)
    caller.client.session.flush()
    assert caller.post("create_switch_plan", PLAN, **KEY).status_code == 401


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\tb"])
def test_what_can_be_no_key_is_refused(operator: Caller, key: str) -> None:
    answer = operator.post("create_switch_plan", PLAN, **{"Idempotency-Key": key})
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["fields"]
    assert not Plan.objects.exists()


@pytest.mark.usefixtures("no_redis")
def test_without_redis_the_way_back_is_taken_and_the_answer_says_that_no_key_was_kept(operator: Caller) -> None:
    for _ in range(2):
        answer = operator.post("emergency_rollback", {"reason": "Redis is away"}, **KEY)
        assert (answer.status_code, answer["Idempotency-Key-Kept"]) == (200, "false")
    assert Rollback.objects.count() == 1


TICKET = Ticket("once:test", "body")


def works() -> Response:
    return Response({"status": "success"})


def never() -> Response:
    raise AssertionError("it was done twice")


@pytest.mark.usefixtures("redis")
def test_while_the_first_is_being_carried_out_its_twin_waits_for_another_try() -> None:
    twins: list[Response] = []

    def slow() -> Response:
        twins.append(once.answer(TICKET, never, repeatable=False))
        return works()

    assert once.answer(TICKET, slow, repeatable=False).status_code == 200
    assert (twins[0].status_code, twins[0]["Retry-After"]) == (409, "1")
    assert once.answer(TICKET, never, repeatable=False).headers["Idempotency-Replayed"] == "true"


@pytest.mark.usefixtures("redis")
def test_a_first_that_died_does_not_keep_the_way_back_from_being_taken() -> None:
    cache.add(TICKET.name, {"body": TICKET.body}, timeout=60)
    assert once.answer(TICKET, never, repeatable=False).status_code == 409
    assert once.answer(TICKET, works, repeatable=True).status_code == 200


@pytest.mark.usefixtures("redis")
@pytest.mark.parametrize("work", [lambda: Response(status=503), lambda: 1 / 0], ids=["503", "a bug"])
def test_what_failed_can_be_tried_again(work: Callable[[], Response]) -> None:
    with contextlib.suppress(ZeroDivisionError):
        once.answer(TICKET, work, repeatable=False)
    assert once.answer(TICKET, works, repeatable=False).status_code == 200


@pytest.mark.usefixtures("redis")
def test_an_answer_is_kept_for_a_day() -> None:
    once.answer(TICKET, works, repeatable=False)
    assert 24 * 3600 - 60 < cache.ttl(TICKET.name) <= 24 * 3600  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_of_twenty_twins_at_once_one_is_carried_out(operator: Caller) -> None:
    cookies = operator.client.cookies
    statuses: list[int] = []
    start = threading.Barrier(20)

    def send() -> None:
        twin = Client()
        twin.cookies = cookies
        start.wait()
        body: Any = {"percentage": 20, "reason": "first step"}
        answer = twin.post("/stream_monitor/api/switch_traffic", body, "application/json", headers=KEY)
        statuses.append(answer.status_code)
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert set(statuses) <= {200, 409}
    assert 200 in statuses
    assert Change.objects.count() == 3
    assert set(Change.objects.values_list("epoch", flat=True)) == {2}
