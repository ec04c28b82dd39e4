"""Limits of services, and several processes that send at once."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from monitoring import notifiers
from monitoring.alerts import announcing, states
from monitoring.alerts.delivering import Delivering
from monitoring.alerts.errors import NotSent
from monitoring.alerts.rule import Sighting
from monitoring.alerts.sending import BUSY_S
from monitoring.alerts.states import Seen
from monitoring.models import Channel, Delivery, Notice
from tests.monitoring.alerts.conftest import Site, channel, outcomes
from tests.monitoring.notifiers.stub import OK, Stub
from tests.polling import until

STORM = 1_000


def most_within(times: list[float], seconds: float) -> int:
    """The most of `times` in any window of so many seconds, its ends included."""
    return max(sum(begin <= at <= begin + seconds for at in times) for begin in times)


@pytest.mark.parametrize("kind", ["dingtalk", "wecom"])
def test_a_storm_never_exceeds_the_limit_and_everything_is_told(
    site: Site, stub: Stub, settings: Any, kind: str
) -> None:
    """A thousand alerts within 25 s, one look and one try to send each half of a second."""
    settings.ALERT_GROUP_WAIT_S = 0
    channel(stub, kind)
    for step in range(50):
        labels = [f"part-{number:04d}" for number in range(20 * step, 20 * step + 20)]
        seen = [Seen(site.rules[0], Sighting(label, {"part": label})) for label in labels]
        states.begin(seen, now=datetime.fromtimestamp(site.now, UTC))
        announcing.announce(now=site.now, fence=lambda: None)
        site.send(after=0.5)
    while Notice.objects.exists():
        site.send(after=0.5)
    times = [request.at for request in stub.requests]
    assert most_within(times, 60.0) <= 20
    assert len(times) > 7
    bodies = b"".join(request.body for request in stub.requests).decode()
    counts = Counter(
        name for name in (f"part-{n:04d} is broken" for n in range(STORM)) for _ in range(bodies.count(name))
    )
    assert set(counts.values()) == {1}
    assert len(counts) == STORM
    assert set(outcomes()) == {"delivered"}


@pytest.mark.parametrize("kind", list(notifiers.NOTIFIERS))
def test_the_gap_alone_keeps_any_minute_within_the_limit(kind: str) -> None:
    """However long messages are on their way: each arrives between its beginning and its end."""
    notifier = notifiers.of(kind)
    for took in (0.0, 0.05, 5.0):
        began = [number * (took + notifier.gap_s) for number in range(3 * notifier.per_minute)]
        late_then_early = [at + (took if number % 2 == 0 else 0.0) for number, at in enumerate(began)]
        for times in (began, late_then_early):
            assert most_within(times, 60.0) <= notifier.per_minute


def test_a_channel_made_anew_inherits_the_limit_of_its_robot(site: Site, stub: Stub) -> None:
    one = channel(stub, "dingtalk")
    site.sender.test(one.pk, actor="li")
    address = one.address
    one.delete()
    two = Channel.objects.create(name="again", kind="dingtalk", address=address)
    with pytest.raises(NotSent, match="in 3 s"):
        site.sender.test(two.pk, actor="li")
    site.look("a")
    site.now += 3.2
    assert site.sender.test(two.pk, actor="li").failed is None


def test_a_process_that_dies_while_it_sends_delays_and_loses_nothing(site: Site, stub: Stub) -> None:
    one = channel(stub, "dingtalk")
    site.look("a")
    site.now += 10

    class Killed(BaseException):
        pass

    real = notifiers.of("dingtalk").send
    with pytest.MonkeyPatch.context() as patch:

        def killed(*args: Any) -> Any:
            real(*args)
            raise Killed

        patch.setitem(notifiers.NOTIFIERS, "dingtalk", replace(notifiers.of("dingtalk"), send=killed))
        patch.setattr("monitoring.alerts.sending._release", lambda channel: None)
        with pytest.raises(Killed):
            site.send()
    assert outcomes() == ["sending"]
    assert site.send(after=BUSY_S - 1) == 0
    site.now += 5
    assert site.send() == 1
    assert outcomes() == ["sending", "delivered"]
    assert len(stub.requests) == 2  # at least once: the answer to the first was never written down
    assert Channel.objects.get(pk=one.pk).busy_by == ""


@pytest.mark.django_db(transaction=True)
def test_processes_that_send_at_the_same_time_send_once(
    site: Site, stub: Stub, unlimited: Callable[[str], None], settings: Any
) -> None:
    settings.ALERT_GROUP_WAIT_S = 0
    unlimited("webhook")
    names = ("one", "two", "three")
    for name in names:
        channel(stub, name=name)
    senders = [Delivering(site.sender) for _process in range(3)]
    for number in range(4):
        site.look(*(f"part-{each}" for each in range(5 * (number + 1))), after=20)
        barrier = threading.Barrier(len(senders))

        def process(sender: Delivering, barrier: threading.Barrier = barrier) -> None:
            from django.db import connection

            barrier.wait()
            sender.step()
            connection.close()

        threads = [threading.Thread(target=process, args=(sender,)) for sender in senders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(sender.wait(20) for sender in senders)
    for sender in senders:  # what a sender found taken by another one
        site.now += 20
        until(lambda sender=sender: sender.step() == 0 and sender.wait(20))
    for name in names:
        found = [request for request in stub.requests if request.path == f"/{name}"]
        told = Counter(each["name"] for request in found for each in json.loads(request.body)["alerts"])
        assert told == {f"broken:part-{number}": 1 for number in range(20)}
    assert not Notice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_service_that_hangs_delays_no_other_channel_and_nobody_else(
    site: Site, stub: Stub, unlimited: Callable[[str], None]
) -> None:
    unlimited("webhook")
    slow, quick = channel(stub, name="slow"), channel(stub, name="quick")
    stub.behave = lambda handler: stub.hang(handler) if handler.path == "/slow" else True
    site.look("a")
    site.now += 10
    delivering = Delivering(site.sender)
    assert delivering.step() == 2
    until(lambda: Delivery.objects.filter(channel=quick, outcome="delivered").exists())
    for number in range(3):
        site.look("a", *(f"b-{each}" for each in range(number + 1)), after=20)
        site.now += 10
        # The quick one alone: the slow one has its thread. Its own of before may have a last look to end.
        until(lambda: delivering.step() == 1)
        until(lambda number=number: Delivery.objects.filter(channel=quick, outcome="delivered").count() == number + 2)
    assert Delivery.objects.get(channel=slow).outcome == "sending"
    stub.behave = lambda handler: True
    stub.freed.set()
    assert delivering.wait(20)
    site.now += 10
    until(lambda: delivering.step() == 0 and delivering.wait(20) and not Notice.objects.exists())


def test_a_test_message_is_sent_at_once_and_its_outcome_told(site: Site, stub: Stub) -> None:
    one = channel(stub, "dingtalk", enabled=False)
    sent = site.sender.test(one.pk, actor="li")
    row = Delivery.objects.get()
    assert (sent.delivery, sent.failed, row.is_test, row.actor, row.outcome) == (row.pk, None, True, "li", "delivered")
    assert b"test message" in stub.requests[0].body
    stub.answer = (200, {}, OK.replace(b"0", b"310000"))
    site.now += 10
    failed = site.sender.test(one.pk, actor="li").failed
    assert failed is not None
    assert failed.code == "310000"
    assert Channel.objects.get().failures == 0  # what is to be told does not wait for it
    stub.answer = (200, {}, OK.replace(b"0", b"130101"))
    site.now += 10
    site.sender.test(one.pk, actor="li")
    assert Channel.objects.get().next_at == site.now + 600  # but the rest that its service asks for holds for all
    Channel.objects.update(busy_until=site.now + 10)
    with pytest.raises(NotSent, match="just now"):
        site.sender.test(one.pk, actor="li")
    with pytest.raises(Channel.DoesNotExist):
        site.sender.test(0, actor="li")
