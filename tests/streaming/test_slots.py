"""Stable names: one holder each, found again after a crash."""

from typing import Any

import pytest

from ljwx.redis import SLOT_KEY, client
from streaming.slots import LIFE_MS, Slots

pytestmark = pytest.mark.usefixtures("redis")


def slots(host: str = "host") -> Slots:
    return Slots(client("control"), host=host)


def test_the_first_free_name_is_taken() -> None:
    one = slots()
    assert one.take(set()) == "host:1"
    assert one.take({"host:1"}) == "host:2"


def test_two_supervisors_of_one_host_never_share_a_name() -> None:
    one, other = slots(), slots()
    assert [one.take(set()), other.take(set())] == ["host:1", "host:2"]
    assert not other.hold("host:1")
    assert one.hold("host:1")


def test_hosts_have_names_of_their_own() -> None:
    assert [slots("a").take(set()), slots("b").take(set())] == ["a:1", "b:1"]


def test_a_name_that_is_given_back_is_taken_again() -> None:
    one, other = slots(), slots()
    one.take(set())
    one.release("host:1")
    assert other.take(set()) == "host:1"


def test_nobody_gives_back_the_name_of_another() -> None:
    one, other = slots(), slots()
    one.take(set())
    other.release("host:1")
    assert one.hold("host:1")
    assert not other.hold("host:1")


def test_a_name_is_held_for_a_while_and_each_time_anew() -> None:
    one = slots()
    one.take(set())
    key = SLOT_KEY.format("host:1")
    client("control").pexpire(key, 1_000)
    assert one.hold("host:1")
    assert 1_000 < client("control").pttl(key) <= LIFE_MS


def test_the_name_of_a_dead_supervisor_is_free_after_its_time() -> None:
    one, other = slots(), slots()
    one.take(set())
    client("control").delete(SLOT_KEY.format("host:1"))  # as when it expires
    assert other.hold("host:1")
    assert not one.hold("host:1")


def test_a_supervisor_that_restarts_finds_its_names_again() -> None:
    one = slots()
    names = [one.take(set()), one.take({"host:1"})]
    for name in names:
        one.release(name)
    again = slots()
    assert [again.take(set()), again.take({"host:1"})] == names


@pytest.mark.parametrize(("setting", "found"), [("configured", "configured"), ("", None)])
def test_the_host_is_configured_or_that_of_the_machine(settings: Any, setting: str, found: str | None) -> None:
    settings.CONSUMER_HOST = setting
    host = Slots(client("control")).host
    assert host == found if found else host
