"""One leader: a lease by the database's clock, and a token that fences effects."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections, transaction

from rollout import lease
from rollout.lease import LeaseLost, leader, take
from rollout.models import Lease

pytestmark = pytest.mark.django_db(transaction=True)


def take_it(holder: str = "a", seconds: float = 60.0) -> lease.Holding:
    holding = take("controller", holder=holder, seconds=seconds)
    assert holding is not None
    return holding


def expire() -> None:
    Lease.objects.update(expires_at=lease.now() - 1)


def test_nobody_takes_what_another_one_holds() -> None:
    first = take_it("a")
    assert take("controller", holder="b", seconds=60.0) is None
    found = leader("controller")
    assert found is not None
    assert (found.holder, found.token) == ("a", first.token)


def test_a_lease_that_is_over_goes_to_the_next_with_a_higher_token() -> None:
    first = take_it("a")
    expire()
    assert leader("controller") is None
    second = take_it("b")
    assert second.token == first.token + 1


def test_a_released_lease_is_free_at_once() -> None:
    take_it("a").release()
    assert take_it("b").holder == "b"


def test_a_holder_of_the_past_can_neither_renew_nor_fence_nor_release() -> None:
    stale = take_it("a")
    expire()
    fresh = take_it("b")
    with pytest.raises(LeaseLost):
        stale.renew()
    with pytest.raises(LeaseLost), transaction.atomic():
        stale.fence()
    stale.release()
    assert leader("controller") is not None
    fresh.renew()


def test_an_expired_lease_that_nobody_took_is_lost_all_the_same() -> None:
    holding = take_it()
    expire()
    with pytest.raises(LeaseLost):
        holding.renew()


def test_renewing_moves_the_end() -> None:
    holding = take_it(seconds=60.0)
    Lease.objects.update(expires_at=lease.now() + 1)
    holding.renew()
    expires = Lease.objects.get().expires_at
    assert expires is not None
    assert expires - lease.now() > 50


def test_a_fence_belongs_into_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        take_it().fence()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as threads:
        yield threads


def test_of_eight_that_ask_at_once_one_leads(pool: ThreadPoolExecutor) -> None:
    ready = Barrier(8)

    def ask(number: int) -> bool:
        try:
            ready.wait(10)
            return take("controller", holder=str(number), seconds=60.0) is not None
        finally:
            connections.close_all()

    assert sum(pool.map(ask, range(8))) == 1
