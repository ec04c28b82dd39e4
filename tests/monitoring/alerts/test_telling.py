"""What people are told, when, and of what they are not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from monitoring.alerts import states
from monitoring.alerts.pruning import prune
from monitoring.models import Alert, Channel, Delivery, Notice, Severity, Silence
from tests.monitoring.alerts.conftest import Site, channel, outcomes, rule
from tests.monitoring.notifiers.stub import Stub


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def told(stub: Stub) -> list[list[tuple[str, str]]]:
    """Each message: what was told of which alert."""
    return [[(each["what"], each["name"]) for each in json.loads(request.body)["alerts"]] for request in stub.requests]


def test_what_changes_within_the_wait_is_one_message(site: Site, stub: Stub) -> None:
    channel(stub)
    site.look("a")
    assert site.send() == 0
    site.look("a", "b", after=5)
    assert site.send() == 0
    site.look("a", "b", "c", after=5)
    assert site.send() == 1
    assert told(stub) == [[("firing", "broken:a"), ("firing", "broken:b"), ("firing", "broken:c")]]
    assert site.send(after=100) == 0
    assert json.loads(stub.requests[0].body)["alerts"][0]["text"] == "a is broken"


def test_groups_do_not_wait_for_each_other(site: Site, stub: Stub) -> None:
    channel(stub)
    site.rules = [rule(), rule("other", fact="others", group="redis", severity=Severity.WARNING)]
    site.look("a", others=[])
    site.look("a", others=["x"], after=6)
    site.send(after=4)
    site.send(after=6)
    assert told(stub) == [[("firing", "broken:a")], [("firing", "other:x")]]


def test_the_worst_is_told_first_and_the_end_last(site: Site, stub: Stub) -> None:
    channel(stub)
    site.rules = [rule("mild", fact="mild", severity=Severity.WARNING), rule()]
    site.look("a", mild=["x"])
    site.send(after=10)
    site.look("b", mild=["x", "y"], after=1)
    site.look("b", mild=["x", "y"], after=20)
    site.send(after=10)
    assert told(stub)[1] == [("firing", "broken:b"), ("firing", "mild:y"), ("resolved", "broken:a")]


def test_the_end_of_what_was_told_is_told(site: Site, stub: Stub) -> None:
    channel(stub)
    site.look("a")
    site.send(after=10)
    site.look(after=1)
    site.look(after=20)
    site.send(after=10)
    assert told(stub) == [[("firing", "broken:a")], [("resolved", "broken:a")]]
    assert not Notice.objects.exists()


def test_what_is_over_before_it_was_told_is_told_as_over(site: Site, stub: Stub) -> None:
    channel(stub)
    site.rules = [rule(keep_s=2.0)]
    site.look("a")
    site.look(after=1)
    site.look(after=2)
    site.send(after=20)
    assert told(stub) == [[("resolved", "broken:a")]]


def test_the_end_of_what_happens_is_told_to_nobody(site: Site, stub: Stub) -> None:
    channel(stub)
    site.rules = [rule(happens=True, keep_s=0.0)]
    site.look("a")
    site.look(after=1)
    site.look(after=1)
    assert site.states() == {"broken:a": "resolved"}
    site.send(after=10)
    site.send(after=100)
    assert told(stub) == [[("firing", "broken:a")]]


def test_it_is_repeated_with_its_group_until_somebody_is_at_it(site: Site, stub: Stub) -> None:
    channel(stub)
    site.look("a")
    site.send(after=10)
    site.look("a", "b", after=1800)
    site.send(after=10)
    site.look("a", "b", after=1790)
    site.send(after=10)
    assert told(stub)[2] == [("repeated", "broken:a"), ("repeated", "broken:b")]
    states.acknowledge([Alert.objects.get(label="a").pk], actor="li", note="", now=moment(site.now))
    site.look("a", "b", after=3600)
    site.send(after=10)
    assert told(stub)[3] == [("repeated", "broken:b")]
    states.acknowledge([Alert.objects.get(label="b").pk], actor="li", note="", now=moment(site.now))
    site.look("a", "b", after=36_000)
    assert site.send(after=10) == 0


@pytest.mark.parametrize(
    ("fields", "matches"),
    [
        ({"rule": "broken"}, True),
        ({"rule": "other"}, False),
        ({"group": "consumers"}, True),
        ({"group": "redis"}, False),
        ({"prefix": "a-"}, True),
        ({"prefix": "b"}, False),
        ({"rule": "broken", "group": "redis"}, False),
        ({"rule": "broken", "group": "consumers", "prefix": "a"}, True),
    ],
)
def test_what_is_silenced_is_told_when_the_silence_is_over(
    site: Site, stub: Stub, fields: dict[str, str], matches: bool
) -> None:
    channel(stub)
    Silence.objects.create(reason="works", created_by="li", expires_at=moment(site.now + 600), **fields)
    site.look("a-1")
    assert site.send(after=10) == (not matches)
    site.look("a-1", after=580)
    assert site.send(after=9) == 0
    site.look("a-1", after=1)
    assert site.send(after=10) == matches
    assert told(stub) == [[("firing", "broken:a-1")]]


def test_the_end_of_what_was_silenced_is_told_to_nobody(site: Site, stub: Stub) -> None:
    channel(stub)
    silence = {"reason": "works", "created_by": "li", "expires_at": moment(site.now + 600), "rule": "broken"}
    Silence.objects.create(**silence)
    site.look("a")
    site.look(after=1)
    site.look(after=20)
    site.look(after=700)
    assert site.send(after=10) == 0


def test_a_silence_of_everything_is_refused_by_the_database(site: Site) -> None:
    with pytest.raises(IntegrityError):
        Silence.objects.create(reason="x", created_by="li", expires_at=moment(site.now))


def test_a_channel_is_told_of_what_it_is_for(site: Site, stub: Stub) -> None:
    channel(stub, name="all")
    channel(stub, name="critical", severity=Severity.CRITICAL)
    channel(stub, name="redis", groups=["redis"])
    channel(stub, name="off", enabled=False)
    site.rules = [rule(severity=Severity.WARNING), rule("full", fact="full", group="redis")]
    site.look("a", full=["x"])
    site.send(after=10)
    found = {request.path: [each["name"] for each in json.loads(request.body)["alerts"]] for request in stub.requests}
    assert found == {"/all": ["full:x", "broken:a"], "/critical": ["full:x"], "/redis": ["full:x"]}


def test_what_fired_before_there_was_a_channel_is_told_once_there_is_one(site: Site, stub: Stub) -> None:
    site.look("a")
    site.look("a", after=100)
    channel(stub)
    site.look("a", after=1)
    site.send(after=10)
    assert told(stub) == [[("firing", "broken:a")]]


def test_every_try_is_logged_with_what_was_told(site: Site, stub: Stub) -> None:
    one = channel(stub)
    site.look("a")
    stub.answer = (503, {}, b"away")
    site.send(after=10)
    stub.answer = (200, {}, b"")
    site.send(after=5)
    alert = Alert.objects.get()
    rows = list(Delivery.objects.order_by("pk"))
    assert [(row.outcome, row.status, row.error, row.attempt) for row in rows] == [
        ("failed", 503, "it answers 503", 1), ("delivered", 200, "", 2),
    ]  # fmt: skip
    assert [row.alerts for row in rows] == [[[alert.pk, "firing"]]] * 2
    assert {(row.channel, row.channel_name, row.is_test) for row in rows} == {(one, "webhook", False)}
    assert all(row.took_ms is not None and row.ended_at is not None for row in rows)
    assert rows[1].title == "[ljwx] 1 alert, 1 critical"
    assert json.loads(stub.requests[0].body)["alerts"][0]["id"] == alert.pk


def test_a_service_that_fails_is_tried_again_ever_more_seldom_and_given_up(site: Site, stub: Stub) -> None:
    channel(stub)
    stub.answer = (500, {}, b"")
    site.look("a")
    site.now += 10
    pauses: list[float] = []
    while Notice.objects.exists():
        assert site.send() == 1
        pauses.append(Channel.objects.values_list("next_at", flat=True)[0] - site.now)
        assert site.send(after=pauses[-1] - 1) == 0
        site.now += 1
    assert pauses[:7] == [5, 10, 20, 40, 80, 160, 300]
    assert max(pauses) == 300
    assert outcomes() == ["failed"] * 24
    assert Channel.objects.get().failures == 24
    stub.answer = (200, {}, b"")
    site.look("a", "b", after=1)
    site.send(after=300)
    assert told(stub)[-1] == [("repeated", "broken:a"), ("firing", "broken:b")]
    assert Channel.objects.get().failures == 0


def test_a_service_that_asks_for_time_is_given_it(site: Site, stub: Stub) -> None:
    channel(stub)
    stub.answer = (429, {"Retry-After": "120"}, b"")
    site.look("a")
    site.send(after=10)
    assert site.send(after=119) == 0
    assert site.send(after=1) == 1


def test_a_channel_that_is_away_has_a_queue_no_longer_than_the_list_of_alerts(site: Site, stub: Stub) -> None:
    channel(stub)
    stub.answer = (500, {}, b"")
    for _ in range(30):
        site.look("a", "b", after=3600)
        site.send()
    assert Notice.objects.count() == 2


def test_what_waited_for_a_channel_that_was_off_for_long_is_not_told_as_news(site: Site, stub: Stub) -> None:
    one = channel(stub)
    site.look("a")
    Channel.objects.update(enabled=False)
    site.look(after=100)
    site.look(after=100)
    Channel.objects.update(enabled=True)
    site.send()
    assert told(stub) == [[("resolved", "broken:a")]]
    site.look("b", after=1)
    Channel.objects.filter(pk=one.pk).update(enabled=False)
    prune(now=site.now)
    assert not Notice.objects.exists()


def test_what_was_over_long_ago_is_deleted(site: Site, stub: Stub) -> None:
    channel(stub)
    site.look("a", "b")
    site.send(after=10)
    site.look("b", after=1)
    site.look("b", after=20)
    Silence.objects.create(reason="x", created_by="li", expires_at=moment(site.now), rule="x")
    month = timedelta(days=30).total_seconds()
    prune(now=site.now + month - 60)
    assert (Alert.objects.count(), Delivery.objects.count(), Silence.objects.count()) == (2, 1, 1)
    prune(now=site.now + month + 60)
    assert (Alert.objects.count(), Delivery.objects.count(), Silence.objects.count()) == (1, 0, 0)
    assert Alert.objects.get().name == "broken:b"


def test_two_channels_to_one_robot_are_refused_by_the_database(site: Site, stub: Stub) -> None:
    one = channel(stub)
    with pytest.raises(IntegrityError):
        Channel.objects.create(name="other", kind="webhook", address=f" {one.address} ")


def test_the_words_of_a_message_are_those_of_the_site(site: Site, stub: Stub, settings: Any) -> None:
    from django.utils import translation

    settings.LANGUAGE_CODE = "zh-hans"
    channel(stub)
    site.look("a")
    with translation.override("en"):
        site.send(after=10)
    assert json.loads(stub.requests[0].body)["title"] == "[ljwx] 1 条告警, 1 条严重"
