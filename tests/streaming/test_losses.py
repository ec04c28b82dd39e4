"""What somebody deletes from a stream before it is stored is counted once and told until a person knows."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from ingest.models import HealthData
from ljwx.redis import client
from monitoring import alarms
from streaming import claims, groups, losses, registry, retention
from tests.streaming import entries
from tests.streaming.doctor import doctor
from tests.streaming.entries import pending, put, readings
from tests.streaming.oldest import since_7

HEALTH = registry.get("health")
pytestmark = pytest.mark.usefixtures("redis", "held")


def fill(count: int) -> list[bytes]:
    return [put("health", *readings(1, f"S{number}")) for number in range(count)]


def deliver(name: str, count: int) -> list[bytes]:
    groups.ensure(client("control"), HEALTH)
    reply = client("control").xreadgroup(HEALTH.group, name, {HEALTH.stream: ">"}, count=count)
    return [identifier for identifier, _fields in reply[0][1]]


def lost() -> dict[str, int]:
    return losses.counted(client("control"))


def look() -> None:
    """What a consumer does at the beginning of each pass over the pending entries."""
    losses.Losses(client("control")).unread(HEALTH)


def sounding() -> list[tuple[str, str]]:
    return [(alarm.name, alarm.text) for alarm in alarms.standing()]


def test_losses_add_up_over_consumers_and_restarts() -> None:
    fill(4)
    client("control").xdel(HEALTH.stream, *deliver("host:1", 2))
    entries.drain(entries.consumer("host:1", batch_size=1))
    assert lost() == {"health": 2}
    put("health", *readings(1, "LOST"))
    client("control").xdel(HEALTH.stream, *deliver("dead:1", 1))
    entries.drain(entries.consumer("host:2", claim_idle_ms=0))
    assert lost() == {"health": 3}
    assert sounding() == [("lost:health", "3 entries of health_data_stream were deleted before they were stored")]
    assert (HealthData.objects.count(), pending("health")) == (2, 0)


def test_what_two_consumers_find_to_be_lost_is_counted_once() -> None:
    fill(1)
    (gone,) = deliver("host:1", 1)
    client("control").xdel(HEALTH.stream, gone)
    for _ in range(2):
        losses.Losses(client("control")).pending(HEALTH, [gone])
    assert lost() == {"health": 1}


@since_7
def test_entries_that_are_trimmed_before_anybody_read_them_are_counted() -> None:
    fill(10)
    deliver("host:1", 4)
    client("control").xtrim(HEALTH.stream, maxlen=3, approximate=False)
    entries.drain(entries.consumer("host:1"))
    assert lost() == {"health": 7}  # four were read and not stored
    entries.drain(entries.consumer("host:1"))
    assert lost() == {"health": 7}


@since_7
def test_a_later_loss_is_added_to_an_earlier_one() -> None:
    for number in (1, 2):
        fill(5)
        deliver("host:1", 1)
        client("control").xtrim(HEALTH.stream, maxlen=2, approximate=False)
        look()
        assert lost() == {"health": 2 * number}
        client("control").xack(HEALTH.stream, HEALTH.group, *deliver("host:1", 5))
        look()  # later servers show it no more


def test_our_own_trimming_loses_nothing(settings: Any) -> None:
    settings.STREAM_RETENTION_MINUTES = 1
    for _ in range(3):
        for number in range(200):
            put("health", *readings(1, f"S{number}"))
        subject = entries.consumer(batch_size=60)
        for _ in range(3):
            subject.step(block_ms=0)
            retention.trim(client("control"), HEALTH, now=2e9)
            look()
    assert client("control").xlen(HEALTH.stream) < 600
    assert (lost(), sounding()) == ({}, [])


def test_deleting_what_is_stored_and_making_the_group_again_loses_nothing() -> None:
    stored = fill(10)
    entries.drain(entries.consumer())
    client("control").xdel(HEALTH.stream, *stored[3:7])
    look()
    client("control").xtrim(HEALTH.stream, maxlen=2, approximate=False)
    look()
    client("control").xgroup_destroy(HEALTH.stream, HEALTH.group)
    fill(3)
    subject = entries.consumer()
    entries.drain(subject)
    look()
    assert lost() == {}


@since_7
def test_a_group_that_a_person_has_set_back_and_forth_loses_nothing() -> None:
    *_, last = fill(5)
    entries.drain(entries.consumer())
    for place, read in (("0", "3"), (last, "5")):
        client("control").execute_command("XGROUP", "SETID", HEALTH.stream, HEALTH.group, place, "ENTRIESREAD", read)
        look()  # at first the server believes that fewer are unread than are
    assert lost() == {}


@since_7
def test_more_entries_than_a_page_that_wait_are_counted_to_the_last() -> None:
    fill(204)
    deliver("host:1", 1)
    client("control").xtrim(HEALTH.stream, maxlen=200, approximate=False)
    look()
    assert lost() == {"health": 3}


def test_large_entries_that_wait_are_no_loss_and_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "MOST_UNREAD_BYTES", 300)
    fill(12)
    deliver("host:1", 1)
    client("control").xtrim(HEALTH.stream, maxlen=9, approximate=False)
    look()
    assert lost() == {}


def test_many_entries_that_wait_are_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "MOST_UNREAD", 5)
    groups.ensure(client("control"), HEALTH)
    fill(12)
    look()
    assert lost() == {}


@since_7
def test_a_consumer_looks_for_losses_now_and_then() -> None:
    now = [100.0]
    subject = entries.consumer(kinds=[HEALTH])
    subject.clock = lambda: now[0]  # type: ignore[method-assign]
    fill(1)
    entries.drain(subject)
    fill(5)
    client("control").xtrim(HEALTH.stream, maxlen=2, approximate=False)
    now[0] += claims.CLAIM_EVERY_S
    entries.drain(subject)
    assert lost() == {"health": 3}


def test_the_doctor_shows_what_was_lost_until_it_is_acknowledged() -> None:
    for kind in registry.kinds():
        groups.ensure(client("control"), kind)
    losses.Losses(client("control")).claimed(HEALTH, 3)
    alarms.sound("suspect:event", "entry 1-0")
    code, said = doctor("--format", "json")
    report = json.loads(said)
    assert (code, report["lost"]) == (10, {"health": 3})
    assert [alarm["name"] for alarm in report["alarms"]] == ["lost:health", "suspect:event"]
    code, said = doctor()
    assert code == 10
    assert "LOST health: 3 entries" in said
    assert "suspect:event since 20" in said
    output = io.StringIO()
    call_command("acknowledge_losses", kind="health", reason="known", stdout=output)
    assert "health: 3 lost entries acknowledged" in output.getvalue()
    code, said = doctor("--format", "json")
    assert (code, json.loads(said)["lost"]) == (0, {})
    assert [alarm["name"] for alarm in json.loads(said)["alarms"]] == ["suspect:event"]
