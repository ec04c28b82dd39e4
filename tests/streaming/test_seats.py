"""The seats that all hosts share; `test_supervisor.py` has what supervisors make of them."""

import os
import subprocess
from typing import Any

import pytest
import redis as redis_py

from ljwx.redis import SEATS_KEY, client
from streaming.seats import SETTLE_S, SharedSeats
from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("redis")


class Subject:
    """One supervisor's seats, with a clock to turn."""

    def __init__(self, host: str, desired: int, name: str = "t") -> None:
        self.clock = Clock()
        self.desired = desired
        self.seats = SharedSeats(client("control"), host=host, token=name, desired=lambda: self.desired)
        self.seats.clock = self.clock

    def claim(self, *occupied: int, later: float = 1) -> list[int]:
        self.clock.now += later
        return sorted(self.seats.claim(occupied))


def test_a_single_supervisor_has_every_seat_and_keeps_them() -> None:
    subject = Subject("a", 3)
    assert subject.claim() == [1, 2, 3]
    assert subject.claim(1, 2, 3) == [1, 2, 3]


def test_more_seats_are_taken_and_those_beyond_the_number_are_not_ours_to_use() -> None:
    subject = Subject("a", 1)
    assert subject.claim() == [1]
    subject.desired = 3
    assert subject.claim(1) == [1, 2, 3]
    subject.desired = 2
    assert subject.claim(1, 2, 3) == [1, 2]
    assert client("control").hget(SEATS_KEY, "3")  # until it is released
    subject.seats.release(3)
    assert not client("control").hexists(SEATS_KEY, "3")


def test_a_seat_that_is_not_released_is_nobody_elses() -> None:
    one, other = Subject("a", 4), Subject("b", 4)
    assert one.claim() == [1, 2, 3, 4]
    assert other.claim() == []
    assert one.claim(1, 2, 3, 4) == [1, 2]
    assert other.claim() == []
    one.seats.release(4)
    assert other.claim() == [4]
    one.seats.release(3)
    assert (one.claim(1, 2), other.claim(4)) == ([1, 2], [3, 4])


def test_one_that_is_ending_counts_so_that_no_other_is_taken_instead() -> None:
    one, other = Subject("a", 4), Subject("b", 4)
    one.claim()
    other.claim()
    one.seats.release(1)
    assert one.claim(2, 3, 4) == [2, 3]
    assert client("control").hget(SEATS_KEY, "1") is None


def test_nobody_releases_the_seat_of_another() -> None:
    one, other = Subject("a", 1), Subject("b", 1)
    one.claim()
    other.seats.release(1)
    assert client("control").hget(SEATS_KEY, "1") == one.seats.token.encode()
    assert (one.claim(1), other.claim()) == ([1], [])


def test_who_leaves_makes_room_at_once() -> None:
    one, other = Subject("a", 2), Subject("b", 2)
    one.claim()
    one.seats.leave()
    assert other.claim() == [1, 2]


def test_a_lease_that_has_ended_frees_the_seats_and_is_forgotten() -> None:
    one, other = Subject("a", 2), Subject("b", 2)
    one.claim()
    client("control").hset(SEATS_KEY, f"at:{one.seats.token}", 1)
    assert other.claim() == [1, 2]
    assert not client("control").hexists(SEATS_KEY, f"at:{one.seats.token}")
    assert one.claim(1, 2) == []


def test_a_lease_is_renewed() -> None:
    subject = Subject("a", 1)
    subject.claim()
    field = f"at:{subject.seats.token}"
    first = int(client("control").hget(SEATS_KEY, field))
    client("control").hset(SEATS_KEY, field, first - 5_000)
    subject.claim(1)
    assert int(client("control").hget(SEATS_KEY, field)) >= first
    assert 0 < client("control").pttl(SEATS_KEY) <= 60_000


def test_after_an_outage_everybody_first_finds_their_own_again() -> None:
    one, other = Subject("a", 4), Subject("b", 4)
    one.claim()
    other.claim()
    one.claim(1, 2, 3, 4)
    for seat in (3, 4):
        one.seats.release(seat)
    assert (one.claim(1, 2), other.claim()) == ([1, 2], [3, 4])
    client("control").flushdb()
    assert one.claim(1, 2, later=30) == [1, 2]
    assert other.claim(3, 4, later=30) == [3, 4]
    assert (one.claim(1, 2), other.claim(3, 4)) == ([1, 2], [3, 4])


def test_after_the_pause_that_follows_an_outage_free_seats_are_taken_again() -> None:
    subject = Subject("a", 2)
    subject.claim()
    client("control").flushdb()
    assert subject.claim(1, later=30) == [1]
    assert subject.claim(1, later=SETTLE_S - 0.1) == [1]
    assert subject.claim(1, later=0.1) == [1, 2]


def test_a_killed_predecessor_on_this_host_is_recognised_at_once() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    before = Subject("a", 2)
    before.seats.token = f"a/{ended.pid}/x"
    before.claim()
    assert Subject("b", 2, "y").claim() == []  # another host can not know
    assert Subject("a", 2, "z").claim() == [1]


def test_a_container_that_starts_again_has_the_process_id_of_its_predecessor() -> None:
    before = Subject("a", 1, "before")
    before.claim()
    assert before.seats.token == f"a/{os.getpid()}/before"
    assert Subject("a", 1, "after").claim() == [1]


def test_a_living_process_of_this_host_is_no_predecessor() -> None:
    other = Subject("a", 1)
    other.seats.token = f"a/{os.getppid()}/x"
    other.claim()
    assert Subject("a", 1, "z").claim() == []


def test_without_an_answer_it_is_an_error(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock?db=0"
    with pytest.raises(redis_py.ConnectionError):
        Subject("a", 1).claim()
