"""Who is refused too often is not listened to for a while; nobody else notices."""

from typing import Any

import pytest
from django.test import Client

from rollout.api.refusals import PER_MINUTE, Refusals
from tests.rollout.api.conftest import Caller, Person

ANYBODY = Client()


def guess(address: str = "10.0.0.1", **headers: str) -> Any:
    guessed = {"REMOTE_ADDR": address, "HTTP_AUTHORIZATION": "Bearer ljwx_0123456789abcdef01", **headers}
    return ANYBODY.get("/stream_monitor/api/status", **guessed)


@pytest.fixture
def tired(db: None, redis: object) -> None:
    """An address that was refused as often as it may be."""
    assert {guess().status_code for _ in range(PER_MINUTE)} == {401}


@pytest.mark.usefixtures("tired")
def test_then_it_is_told_to_wait() -> None:
    answer = guess()
    assert (answer.status_code, answer.json()["status"]) == (429, "error")
    assert 0 < int(answer["Retry-After"]) <= 60


@pytest.mark.usefixtures("tired")
def test_without_a_token_it_is_told_so_too() -> None:
    assert Caller(REMOTE_ADDR="10.0.0.1").get("status").status_code == 429


@pytest.mark.usefixtures("tired")
def test_another_address_is_listened_to() -> None:
    assert guess("10.0.0.2").status_code == 401


@pytest.mark.usefixtures("tired")
def test_a_made_up_forwarding_header_is_not_another_address() -> None:
    assert guess(HTTP_X_FORWARDED_FOR="10.9.9.9").status_code == 429


@pytest.mark.usefixtures("tired")
def test_behind_a_proxy_the_address_that_it_adds_counts(settings: Any) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    assert guess(HTTP_X_FORWARDED_FOR="1.2.3.4, 10.9.9.9").status_code == 401
    assert guess(HTTP_X_FORWARDED_FOR="1.2.3.4, 10.0.0.1").status_code == 429


@pytest.mark.usefixtures("tired")
def test_a_session_of_that_address_is_not_held_up(person: Person) -> None:
    caller = person("ann", "rollout.roll_back")
    caller.client.defaults["REMOTE_ADDR"] = "10.0.0.1"
    assert caller.post("emergency_rollback", {"reason": "now"}).status_code == 200


@pytest.mark.usefixtures("tired")
def test_after_a_minute_it_is_listened_to_again(monkeypatch: pytest.MonkeyPatch) -> None:
    then = Refusals.timer() + 61
    monkeypatch.setattr(Refusals, "timer", staticmethod(lambda: then))
    assert guess().status_code == 401


@pytest.mark.usefixtures("db", "no_redis")
def test_without_redis_nobody_is_counted() -> None:
    assert {guess().status_code for _ in range(PER_MINUTE + 5)} == {401}
