"""A bad deployment does not bury the fleet: consuming stops before, and goes on when a person says so."""

import io
import json
from collections.abc import Sequence
from threading import Event as Flag
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError

from ingest.models import AlertInfo, HealthData
from ingest.records import Event, Health
from ljwx import database
from ljwx.redis import BUDGET_KEY, CONSUMER_KEY, client
from monitoring import alarms
from streaming import registry
from streaming.budget import LEAST, SHARE, SLICE_S, WINDOW_S, Budget
from streaming.envelope import FIELD, Reject
from streaming.failures import Exhausted, Unavailable
from streaming.models import DeadLetter
from streaming.registry import Written
from tests.streaming import entries
from tests.streaming.entries import FIVE, pending, put, readings, watched

HEALTH = registry.get("health")
pytestmark = pytest.mark.usefixtures("redis", "held")


def budget(now: list[float] | None = None) -> Budget:
    """A budget as a process of its own has it."""
    found = Budget(client("control"))
    if now is not None:
        found.clock = lambda: now[0]  # type: ignore[method-assign]
    return found


def garbage(count: int, name: str = "health") -> None:
    for number in range(count):
        client("control").xadd(registry.get(name).stream, {FIELD: b"\xc1 %d" % number})


def allow(**options: Any) -> str:
    output = io.StringIO()
    call_command("allow_dead_letters", kind="health", reason="looked at them", stdout=output, **options)
    return output.getvalue()


def sounding() -> list[str]:
    return [alarm.name for alarm in alarms.standing()]


def test_the_numbers_are_those_that_were_promised() -> None:
    assert (LEAST, SHARE, WINDOW_S) == (50, 0.05, 300)


def test_fifty_may_be_buried_by_all_consumers_together_and_not_one_more() -> None:
    budget().spend("health", 30)
    budget().spend("health", 20)
    with pytest.raises(Exhausted):
        budget().spend("health", 1)
    assert list(budget().stopped(["health", "event"])) == ["health"]


def test_what_would_exceed_it_at_once_takes_nothing_and_stops() -> None:
    with pytest.raises(Exhausted, match="51 records"):
        budget().spend("health", 51)
    with pytest.raises(Exhausted):
        budget().spend("health", 1)


def test_of_many_handled_records_one_in_twenty_may_be_buried() -> None:
    one, other = budget(), budget()
    one.handled("health", 1_500)
    one.tell()
    other.handled("health", 500)
    other.spend("health", 100)
    with pytest.raises(Exhausted):
        other.spend("health", 1)


def test_what_was_handled_is_counted_once() -> None:
    subject = budget()
    subject.handled("health", 2_000)
    subject.tell()
    subject.tell()
    with pytest.raises(Exhausted):
        subject.spend("health", 101)


def test_a_consumer_passes_on_what_it_handled() -> None:
    put("health", *readings(1_100))
    subject = entries.consumer()
    entries.drain(subject)
    subject.beat()
    budget().spend("health", 55)
    with pytest.raises(Exhausted):
        budget().spend("health", 1)


def test_only_what_was_buried_in_the_last_five_minutes_counts() -> None:
    now = [1_789_444_800.0]
    budget(now).spend("health", 50)
    now[0] += WINDOW_S - SLICE_S
    with pytest.raises(Exhausted):
        budget(now).spend("health", 1)
    allow()
    budget(now).spend("health", 50)
    now[0] += WINDOW_S + SLICE_S
    budget(now).spend("health", 50)


def test_exhausted_it_stays_so_when_the_five_minutes_are_over() -> None:
    now = [1_789_444_800.0]
    with pytest.raises(Exhausted):
        budget(now).spend("health", 51)
    now[0] += 10 * WINDOW_S
    with pytest.raises(Exhausted):
        budget(now).spend("health", 1)


def test_each_kind_has_its_own() -> None:
    budget().spend("health", 50)
    budget().spend("event", 50)
    with pytest.raises(Exhausted):
        budget().spend("event", 1)
    assert list(budget().stopped(["health", "event"])) == ["event"]


def test_old_counts_do_not_pile_up() -> None:
    now = [1_789_444_800.0]
    for _ in range(200):
        now[0] += SLICE_S
        subject = budget(now)
        subject.handled("health", 1)
        subject.spend("health", 1)
    assert client("control").hlen(BUDGET_KEY) <= 2 * (WINDOW_S // SLICE_S + 1)


def test_a_redis_that_does_not_answer_lets_nothing_be_buried(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock?db=0"
    with pytest.raises(Unavailable):
        Budget(client("control")).spend("health", 1)


def test_a_batch_that_exceeds_it_is_neither_buried_nor_acknowledged_by_any_consumer() -> None:
    garbage(LEAST + 1)
    put("health", *readings(2))
    subject = entries.consumer()
    with pytest.raises(Exhausted):
        subject.step(block_ms=0)
    other = entries.consumer("other:1", claim_idle_ms=0)
    assert (entries.drain(other), entries.drain(subject)) == (0, 0)
    assert (DeadLetter.objects.count(), HealthData.objects.count(), pending("health")) == (0, 0, LEAST + 2)
    assert sounding() == ["budget:health"]


def test_allowed_elsewhere_and_stopped_again_it_sounds_again(caplog: pytest.LogCaptureFixture) -> None:
    garbage(LEAST + 1)
    subject = entries.consumer(kinds=[HEALTH])
    for _ in range(2):
        caplog.clear()
        with pytest.raises(Exhausted):
            subject.step(block_ms=0)
        with pytest.raises(Exhausted):
            subject.step(block_ms=0)
        assert "budget:health: 51 records" in caplog.text
        client("control").hdel(BUDGET_KEY, "health:stopped")


def test_a_stopped_kind_leaves_the_others_alone() -> None:
    garbage(LEAST + 1)
    subject = entries.consumer()
    with pytest.raises(Exhausted):
        subject.step(block_ms=0)
    put("event", Event("A", "SOS_EVENT", FIVE))
    assert entries.drain(subject) == 1
    assert AlertInfo.objects.count() == 1


def test_stopped_it_stays_through_a_restart_until_a_person_allows_it() -> None:
    garbage(LEAST + 1)
    put("health", *readings(2))
    with pytest.raises(Exhausted):
        entries.consumer(kinds=[HEALTH]).step(block_ms=0)
    restarted = entries.consumer(kinds=[HEALTH])
    with pytest.raises(Exhausted):
        restarted.step(block_ms=0)
    assert "consumed again" in allow()
    assert sounding() == []
    with pytest.raises(Exhausted):  # a fresh budget is no larger
        restarted.step(block_ms=0)
    assert json.loads(allow(format="json", records=LEAST + 1)) == {"kind": "health", "was_stopped": True}
    entries.drain(restarted)
    assert (DeadLetter.objects.count(), HealthData.objects.count(), pending("health")) == (LEAST + 1, 2, 0)
    assert "was not stopped" in allow()


def test_what_a_person_lets_be_buried_beyond_the_budget_is_used_up_once() -> None:
    allow(records=60)
    budget().spend("health", 50)
    budget().spend("health", 60)
    with pytest.raises(Exhausted):
        budget().spend("health", 1)


def test_what_the_database_refuses_is_buried_up_to_the_budget_and_the_rest_waits() -> None:
    refused = True

    def write(records: Sequence[Any]) -> Written:
        if refused and any(record.device_sn.startswith("BAD") for record in records):
            raise DataError(1406, "Data too long")
        return HEALTH.write(records)

    for number in range(70):
        put("health", Health(f"BAD{number}", FIVE), Health(f"GOOD{number}", FIVE))
    subject = entries.consumer(kinds=[watched("health", write)])
    with pytest.raises(Exhausted):
        subject.step(block_ms=0)
    assert (DeadLetter.objects.count(), pending("health")) == (LEAST, 70)
    refused = False
    allow()
    entries.drain(subject)
    # Nothing is stored twice, and what was buried stays so until it is replayed.
    assert (HealthData.objects.count(), DeadLetter.objects.count(), pending("health")) == (140, LEAST, 0)


def test_what_the_edge_rejected_and_what_devices_sent_twice_costs_nothing() -> None:
    rejects = [Reject("health", "B", "no serial", b"%d" % number) for number in range(60)]
    put("health", rejects=rejects)
    put("health", *readings(60))
    put("health", *(Health(reading.device_sn, reading.timestamp, heart_rate=200) for reading in readings(60)))
    assert entries.drain(entries.consumer()) == 3
    assert DeadLetter.objects.count() == 120
    assert sounding() == []


def test_a_stopped_consumer_goes_on_telling_that_it_lives_and_why_it_waits() -> None:
    garbage(LEAST + 1)
    stopping = Flag()

    class Stop:
        def is_set(self) -> bool:
            return stopping.is_set()

        def wait(self, timeout: float) -> bool:
            subject._beat_at = None
            subject.beat()
            told = client("control").hget(CONSUMER_KEY.format("test:1"), "error") or b""
            if b"51 records would be buried" in told and subject.serving.stopped:
                stopping.set()
            return stopping.is_set()

    subject = entries.consumer(kinds=[HEALTH])
    subject.run(Stop())
    assert client("control").ttl(CONSUMER_KEY.format("test:1")) > 0
    assert pending("health") == LEAST + 1


def test_a_drain_ends_with_an_error_instead_of_waiting_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    # It begins with a connection of its own; here the connection holds the test's transaction.
    monkeypatch.setattr(database, "bound_waits", lambda: None)
    garbage(LEAST + 1)
    with pytest.raises(CommandError, match="51 records") as error:
        call_command("run_consumers", drain=True)
    assert error.value.returncode == 10
    put("event", Event("A", "SOS_EVENT", FIVE))
    with pytest.raises(CommandError, match="51 records"):
        call_command("run_consumers", drain=True)


def test_a_kind_that_nobody_knows_and_a_redis_that_is_away_are_told(settings: Any) -> None:
    with pytest.raises(CommandError) as error:
        call_command("allow_dead_letters", kind="steps", reason="x")
    assert error.value.returncode == 2
    settings.REDIS_URL = "unix:///nowhere/redis.sock?db=0"
    with pytest.raises(CommandError) as error:
        call_command("allow_dead_letters", kind="health", reason="x")
    assert error.value.returncode == 3


def test_who_allowed_it_and_why_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    allow(actor="duty")
    assert "duty: looked at them" in caplog.text
    kept = client("control").hget(BUDGET_KEY, "health:allowed")
    assert kept is not None
    assert kept.endswith(b" duty: looked at them")
