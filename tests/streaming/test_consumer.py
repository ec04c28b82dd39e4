"""A consumer acknowledges what is committed, and nothing else, whatever happens around it."""

import io
import logging
from collections.abc import Callable, Sequence
from threading import Event as Flag
from typing import Any

import pytest
import redis as redis_py
from django.core.management import call_command
from django.db import OperationalError, connection

from ingest.models import AlertInfo, DeviceInfo, HealthData
from ingest.records import Device, Event, Health
from ljwx.redis import CONSUMER_KEY, client
from monitoring import alarms
from streaming import acknowledging, backlog, batch, claims, consumer, groups, handling, losses, registry
from streaming.envelope import FIELD, Reject
from streaming.failures import Unavailable
from streaming.models import DeadLetter
from streaming.registry import Kind, Written
from streaming.storing import Tally
from tests.polling import until
from tests.stops import Waits
from tests.streaming import entries
from tests.streaming.entries import FIVE, RECEIVED_MS, letters, pending, put, readings, watched

HEALTH = registry.get("health")
pytestmark = pytest.mark.usefixtures("redis", "held")


def deliver(name: str, count: int = 100) -> list[bytes]:
    """Hand new entries of health to the consumer called `name`, which then dies."""
    groups.ensure(client("control"), HEALTH)
    reply = client("control").xreadgroup(HEALTH.group, name, {HEALTH.stream: ">"}, count=count)
    return [identifier for identifier, _fields in reply[0][1]]


def serials() -> set[str]:
    return set(HealthData.objects.values_list("device_sn", flat=True))


def sounding() -> list[str]:
    return sorted(alarm.name for alarm in alarms.standing())


@pytest.fixture
def order() -> list[str]:
    """What was written, in order, by the kinds of `recorded`."""
    return []


@pytest.fixture
def recorded(order: list[str]) -> list[Kind]:
    """The three kinds, whose writers note the serials they store."""

    def noting(name: str) -> Kind:
        def write(records: Sequence[Any]) -> Written:
            order.extend(f"{name} {registry.get(name).device(record)}" for record in records)
            return registry.get(name).write(records)

        return watched(name, write)

    return [noting(kind.name) for kind in registry.kinds()]


def test_entries_are_stored_then_acknowledged() -> None:
    put("health", *readings(3), rejects=[Reject("health", "B", "no serial", b"{}")])
    put("device", Device("A", FIVE))
    put("event", Event("A", "SOS_EVENT", FIVE))
    subject = entries.consumer()
    assert entries.drain(subject) == 3
    assert subject.total == Tally(5, 0, 1, 1)
    assert [backlog.measure(kind).total for kind in registry.kinds()] == [0, 0, 0]
    assert (HealthData.objects.count(), AlertInfo.objects.count(), letters()) == (3, 1, [("health", "B", "no serial")])


def test_entries_appended_before_the_group_was_made_are_not_skipped() -> None:
    put("health", *readings(1))
    assert client("control").xinfo_groups(HEALTH.stream) == []
    assert entries.drain(entries.consumer()) == 1
    assert HealthData.objects.count() == 1


def test_a_restarted_consumer_first_stores_what_it_was_given_before_the_crash(
    recorded: list[Kind], order: list[str]
) -> None:
    put("health", Health("BEFORE", FIVE))
    deliver("host:1")
    put("health", Health("AFTER", FIVE))
    put("event", Event("AFTER", "SOS_EVENT", FIVE))
    entries.drain(entries.consumer("host:1", kinds=recorded))
    assert order == ["health BEFORE", "event AFTER", "health AFTER"]
    assert pending("health") == 0


def test_a_long_history_is_stored_in_batches(recorded: list[Kind]) -> None:
    for number in range(5):
        put("health", Health(f"S{number}", FIVE))
    deliver("host:1")
    subject = entries.consumer("host:1", kinds=recorded, batch_size=2)
    assert [subject.step(block_ms=0) for _ in range(4)] == [2, 2, 1, 0]
    assert len(serials()) == 5


def test_what_another_consumer_left_is_claimed_to_the_end_of_the_cursor() -> None:
    for number in range(7):
        put("health", Health(f"S{number}", FIVE))
    deliver("dead:1")
    subject = entries.consumer("host:1", kinds=[HEALTH], claim_idle_ms=0, batch_size=2)
    assert entries.drain(subject) == 7
    assert (len(serials()), pending("health")) == (7, 0)


def test_a_long_backlog_of_another_does_not_keep_new_entries_waiting(recorded: list[Kind], order: list[str]) -> None:
    for number in range(6):
        put("health", Health(f"OLD{number}", FIVE))
    deliver("dead:1")
    put("event", Event("NEW", "SOS_EVENT", FIVE))
    subject = entries.consumer("host:1", kinds=recorded, claim_idle_ms=0, batch_size=2)
    subject.step(block_ms=0)
    assert order == ["health OLD0", "health OLD1", "event NEW"]


def test_a_flow_of_new_entries_keeps_no_stale_one_of_any_kind_waiting(recorded: list[Kind]) -> None:
    for number in range(6):
        put("health", Health(f"OLD{number}", FIVE))
        put("device", Device(f"OLD{number}", FIVE))
    for kind in registry.kinds():
        groups.ensure(client("control"), kind)
        client("control").xreadgroup(kind.group, "frozen:1", {kind.stream: ">"})
    subject = entries.consumer("host:1", kinds=recorded, claim_idle_ms=0, batch_size=2)
    for number in range(4):
        # More than a step can read.
        for each in range(3):
            put("event", Event(f"NEW{number}{each}", "SOS_EVENT", FIVE))
            put("health", Health(f"NEW{number}{each}", FIVE))
        subject.step(block_ms=0)
    assert {f"OLD{number}" for number in range(6)} <= serials()
    assert DeviceInfo.objects.count() == 6


def test_what_waits_behind_a_slow_transaction_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    now, idle = [100.0], []
    for serial in "ABC":
        put("health", *readings(2, serial))

    def write(records: Sequence[Any]) -> Written:
        last = client("control").xpending_range(HEALTH.stream, HEALTH.group, "-", "+", 10)[-1]
        idle.append(last["time_since_delivered"])
        # As if this transaction took 50 s.
        now[0] += 50
        client("control").xclaim(HEALTH.stream, HEALTH.group, "host:1", 0, [last["message_id"]], idle=idle[-1] + 50_000)
        return HEALTH.write(records)

    monkeypatch.setattr(batch, "CHUNK_RECORDS", 2)
    subject = entries.consumer("host:1", kinds=[watched("health", write)], claim_idle_ms=60_000)
    subject.clock = lambda: now[0]  # type: ignore[method-assign]
    entries.drain(subject)
    assert len(idle) == 3
    assert idle[1] < 40_000  # it was taken anew before the second transaction, and is no 100 s old in the third


def test_what_another_consumer_is_working_on_is_left_alone() -> None:
    put("health", *readings(1))
    deliver("alive:1")
    assert entries.drain(entries.consumer("host:1")) == 0
    assert pending("health") == 1


def test_stale_entries_are_looked_for_now_and_then() -> None:
    now = [100.0]
    subject = entries.consumer("host:1", kinds=[HEALTH], claim_idle_ms=0)
    subject.clock = lambda: now[0]  # type: ignore[method-assign]
    subject.step(block_ms=0)
    put("health", *readings(1))
    deliver("dead:1")
    now[0] += claims.CLAIM_EVERY_S - 0.1
    assert subject.step(block_ms=0) == 0
    now[0] += 0.1
    assert subject.step(block_ms=0) == 1


def test_a_writer_that_fails_leaves_everything_pending(caplog: pytest.LogCaptureFixture) -> None:
    broken = True

    def write(records: Sequence[Any]) -> Written:
        if broken:
            raise OperationalError(2006, "MySQL server has gone away")
        return HEALTH.write(records)

    put("health", *readings(2))
    put("health", *readings(2, "B"))
    subject = entries.consumer(kinds=[watched("health", write)])
    for _ in range(3):
        with pytest.raises(Unavailable):
            subject.step(block_ms=0)
        assert (pending("health"), HealthData.objects.count(), letters()) == (2, 0, [])
    broken = False
    entries.drain(subject)
    assert (pending("health"), HealthData.objects.count()) == (0, 4)


def test_a_fault_of_the_code_ends_the_consumer_and_leaves_everything_pending() -> None:
    def write(records: Sequence[Any]) -> Written:
        raise ZeroDivisionError

    put("health", *readings(1))
    with pytest.raises(ZeroDivisionError):
        entries.consumer(kinds=[watched("health", write)]).run(Flag())
    assert pending("health") == 1


def test_nothing_is_acknowledged_before_it_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    subject = entries.consumer(kinds=[HEALTH])

    def acknowledge(*args: Any, **values: Any) -> None:
        seen.append(HealthData.objects.count())
        acknowledging.acknowledge(*args, **values)

    monkeypatch.setattr(handling, "acknowledge", acknowledge)
    monkeypatch.setattr(batch, "CHUNK_RECORDS", 4)
    for serial in "ABC":
        put("health", *readings(2, serial))
    entries.drain(subject)
    assert seen == [4, 6]


def test_an_entry_delivered_twice_is_stored_once() -> None:
    put("health", *readings(3), rejects=[Reject("health", "B", "no serial", b"{}")])
    put("health", *readings(3), rejects=[Reject("health", "B", "no serial", b"{}")])
    subject = entries.consumer()
    entries.drain(subject)
    assert subject.total == Tally(3, 3, 1, 2)
    assert (HealthData.objects.count(), DeadLetter.objects.count()) == (3, 1)


@pytest.mark.parametrize(
    "data", [b"", b"\xc1 garbage \x00\xff", b"{}", b"\x91" * 10_000], ids=["nothing", "garbage", "json", "deep"]
)
def test_an_entry_that_can_not_be_read_is_kept_byte_for_byte_and_blocks_nothing(data: bytes) -> None:
    client("control").xadd(HEALTH.stream, {FIELD: data}, id="1789444800000-5")
    put("health", *readings(2))
    entries.drain(entries.consumer())
    letter = DeadLetter.objects.get()
    assert (bytes(letter.payload), letter.form, letter.category) == (data, "entry", "undecodable")
    assert letter.received_at.timestamp() == RECEIVED_MS / 1000
    assert (HealthData.objects.count(), pending("health")) == (2, 0)


@pytest.mark.parametrize("fields", [{b"x": b"1"}, {b"d": b"\xc1", b"e": b"2"}, {b"": b""}])
def test_an_entry_with_other_fields_is_kept_whole(fields: dict[bytes, bytes]) -> None:
    client("control").xadd(HEALTH.stream, fields)
    entries.drain(entries.consumer())
    letter = DeadLetter.objects.get()
    assert all(repr(content).encode() in bytes(letter.payload) for pair in fields.items() for content in pair)
    assert pending("health") == 0


@pytest.mark.parametrize("values", [{"v": 2}, {"kind": "device"}], ids=["version", "kind"])
def test_an_entry_of_no_known_meaning_is_kept_and_blocks_nothing(values: dict[str, Any]) -> None:
    put("health", *readings(1, "ODD"), **values)
    put("health", *readings(1, "GOOD"))
    entries.drain(entries.consumer())
    assert (serials(), pending("health"), DeadLetter.objects.count()) == ({"GOOD"}, 0, 1)


@pytest.mark.parametrize("received_ms", [2**62, -(2**62)])
def test_an_entry_that_was_received_at_no_time_is_kept_and_blocks_nothing(received_ms: int) -> None:
    put("health", rejects=[Reject("health", "ODD", "no serial", b"{}")], received_ms=received_ms)
    put("health", *readings(1, "GOOD"))
    entries.drain(entries.consumer())
    assert (serials(), pending("health"), DeadLetter.objects.count()) == ({"GOOD"}, 0, 1)


def test_a_record_no_calendar_holds_is_kept_and_blocks_nothing() -> None:
    put("health", Health("ODD", 10**18), Health("GOOD", FIVE))
    entries.drain(entries.consumer())
    assert (serials(), pending("health"), DeadLetter.objects.count()) == ({"GOOD"}, 0, 1)


def test_a_group_that_is_gone_is_made_again_at_the_beginning(caplog: pytest.LogCaptureFixture) -> None:
    subject = entries.consumer(kinds=[HEALTH])
    put("health", *readings(1, "A"))
    entries.drain(subject)
    client("control").xgroup_destroy(HEALTH.stream, HEALTH.group)
    put("health", *readings(1, "B"))
    with caplog.at_level(logging.CRITICAL):
        assert subject.step(block_ms=0) == 0
    assert "group" in caplog.text
    assert sounding() == ["group:health"]
    assert entries.drain(subject) == 2
    assert sounding() == []  # all of it is read again
    assert subject.total == Tally(2, 1, 0)
    assert (serials(), pending("health")) == ({"A", "B"}, 0)


@pytest.mark.parametrize("block_ms", [0, 1])
def test_a_stream_that_is_gone_is_made_again(caplog: pytest.LogCaptureFixture, block_ms: int) -> None:
    subject = entries.consumer()
    entries.drain(subject)
    client("control").flushdb()
    with caplog.at_level(logging.CRITICAL):
        assert subject.step(block_ms=block_ms) == 0
    assert caplog.records
    put("health", *readings(1))
    assert entries.drain(subject) == 1
    # What was in it and not stored yet is gone with it: that is over when a person says so.
    assert sounding() == ["group:device", "group:event", "group:health"]
    call_command("acknowledge_losses", kind="event", reason="FLUSHALL by hand", stdout=io.StringIO())
    assert sounding() == ["group:device", "group:health"]


def test_a_new_stream_that_uploads_made_at_once_is_not_taken_for_the_old_one() -> None:
    subject = entries.consumer(kinds=[HEALTH])
    put("health", *readings(1, "A"))
    entries.drain(subject)
    client("control").flushdb()
    put("health", *readings(1, "B"))
    assert entries.drain(subject) == 0
    assert entries.drain(subject) == 1
    assert sounding() == ["group:health"]


def test_a_group_that_went_while_redis_was_away_is_no_first_start(redis_fails: Callable[[Any, str], Any]) -> None:
    subject = entries.consumer(kinds=[HEALTH])
    put("health", *readings(1, "A"))
    entries.drain(subject)
    redis_fails(subject, "xreadgroup")
    with pytest.raises(redis_py.ConnectionError):
        subject.step(block_ms=0)
    client("control").flushdb()
    put("health", *readings(1, "B"))
    assert entries.drain(subject) == 1
    assert sounding() == ["group:health"]


def test_a_key_that_is_no_stream_is_an_error_and_not_a_loop() -> None:
    client("control").set(HEALTH.stream, "x")
    with pytest.raises(redis_py.ResponseError, match="WRONGTYPE"):
        entries.consumer(kinds=[HEALTH]).step(block_ms=0)


def test_a_key_that_is_no_stream_sounds_an_alarm_until_it_is_one_and_leaves_the_other_kinds_alone() -> None:
    subject = entries.consumer()
    entries.drain(subject)
    client("control").delete(HEALTH.stream)
    client("control").set(HEALTH.stream, "x")
    put("event", Event("A", "SOS_EVENT", FIVE))
    with pytest.raises(redis_py.ResponseError, match="WRONGTYPE"):
        subject.step(block_ms=0)
    assert entries.drain(subject) == 0  # the event was stored in the step that met the key
    assert (AlertInfo.objects.count(), sounding()) == (1, ["stream:health"])
    put("event", Event("B", "SOS_EVENT", FIVE))
    assert entries.drain(subject) == 1
    client("control").delete(HEALTH.stream)
    put("health", *readings(1))
    assert entries.drain(subject) == 1
    assert sounding() == []


def test_events_are_stored_before_health_data_that_came_earlier(recorded: list[Kind], order: list[str]) -> None:
    for number in range(3):
        put("health", Health(f"H{number}", FIVE))
    put("device", Device("D", FIVE))
    put("event", Event("E", "SOS_EVENT", FIVE))
    entries.drain(entries.consumer(kinds=recorded[::-1]))
    assert order == ["event E", "device D", "health H0", "health H1", "health H2"]


def test_history_that_was_deleted_is_reported_and_blocks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    put("health", *readings(1, "LOST"))
    put("health", *readings(1, "KEPT"))
    lost, _kept = deliver("host:1")
    client("control").xdel(HEALTH.stream, lost)
    with caplog.at_level(logging.CRITICAL):
        entries.drain(entries.consumer("host:1"))
    assert "1 entries of health_data_stream were deleted" in caplog.text
    assert (losses.counted(client("control")), sounding()) == ({"health": 1}, ["lost:health"])
    assert (serials(), pending("health"), letters()) == ({"KEPT"}, 0, [])


def test_stale_entries_that_were_deleted_are_reported_and_block_nothing(caplog: pytest.LogCaptureFixture) -> None:
    for serial in ("LOST", "KEPT", "LOST TOO"):
        put("health", *readings(1, serial))
    first, _kept, last = deliver("dead:1")
    client("control").xdel(HEALTH.stream, first, last)
    with caplog.at_level(logging.CRITICAL):
        entries.drain(entries.consumer("host:1", claim_idle_ms=0))
    assert "2 entries of health_data_stream were deleted" in caplog.text
    assert (losses.counted(client("control")), sounding()) == ({"health": 2}, ["lost:health"])
    assert (serials(), pending("health"), letters()) == ({"KEPT"}, 0, [])


def test_redis_6_names_no_deleted_entry_and_it_is_counted_once_when_the_history_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subject = entries.consumer("host:1", kinds=[HEALTH], claim_idle_ms=0)
    entries.drain(subject)
    put("health", *readings(1, "LOST"))
    (lost,) = deliver("host:1")  # as XAUTOCLAIM leaves it there: pending for the one that claims
    client("control").xdel(HEALTH.stream, lost)
    put("health", *readings(1, "KEPT"))
    (kept,) = deliver("dead:1")
    real = subject.connection.xclaim

    def as_in_redis_6(*args: Any, **kwargs: Any) -> list[Any]:
        found = real(HEALTH.stream, HEALTH.group, "host:1", 0, [kept])
        return [b"0-0", [(None, None), *found]]

    monkeypatch.setattr(subject.connection, "xautoclaim", as_in_redis_6)
    now = subject.clock() + claims.CLAIM_EVERY_S
    subject.clock = lambda: now  # type: ignore[method-assign]
    entries.drain(subject)
    assert losses.counted(client("control")) == {"health": 1}
    assert (serials(), pending("health")) == ({"KEPT"}, 0)


@pytest.fixture
def redis_fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str], Any]:
    """Makes one command of a connection fail once, as when Redis restarts."""

    def once(subject: Any, name: str) -> None:
        real = getattr(subject.connection, name)

        def fail(*args: Any, **kwargs: Any) -> Any:
            monkeypatch.setattr(subject.connection, name, real)
            raise redis_py.ConnectionError("Connection closed by server.")

        monkeypatch.setattr(subject.connection, name, fail)

    return once


@pytest.mark.parametrize("command", ["xgroup_create", "xreadgroup", "xautoclaim", "eval"])
def test_whatever_command_fails_nothing_is_lost_and_nothing_is_stored_twice(
    redis_fails: Callable[[Any, str], Any], command: str
) -> None:
    put("health", *readings(3))
    subject = entries.consumer(kinds=[HEALTH])
    redis_fails(subject, command)
    with pytest.raises(redis_py.ConnectionError):
        subject.step(block_ms=0)
    entries.drain(subject)
    assert (HealthData.objects.count(), pending("health"), subject.total.new) == (3, 0, 3)


def test_claims_that_failed_begin_anew_at_once(redis_fails: Callable[[Any, str], Any]) -> None:
    put("health", *readings(1))
    deliver("dead:1")
    subject = entries.consumer("host:1", kinds=[HEALTH], claim_idle_ms=0)
    redis_fails(subject, "xautoclaim")
    with pytest.raises(redis_py.ConnectionError):
        subject.step(block_ms=0)
    assert entries.drain(subject) == 1


def test_the_loop_waits_while_the_world_is_away_and_then_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    failures = [OperationalError(1213, "Deadlock"), OperationalError(1290, "read only")]
    stopping = Flag()
    waited: list[float] = []

    class Stop:
        def is_set(self) -> bool:
            return stopping.is_set()

        def wait(self, timeout: float) -> bool:
            waited.append(timeout)
            return stopping.is_set()

    def write(records: Sequence[Any]) -> Written:
        if failures:
            raise failures.pop(0)
        stopping.set()
        return HEALTH.write(records)

    put("health", *readings(1))
    subject = entries.consumer(kinds=[watched("health", write)])
    with caplog.at_level(logging.WARNING):
        subject.run(Stop())
    assert (HealthData.objects.count(), pending("health"), len(waited)) == (1, 0, 2)
    assert all(0 < seconds <= consumer.LONGEST_PAUSE_S for seconds in waited)
    assert "test:1 waits (2)" in caplog.text
    assert "database: nothing can be stored until the database is mended" in caplog.text
    assert sounding() == []  # it is mended
    assert subject.last_error == ""


def test_an_outage_of_hours_ends_no_consumer(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = Waits(1_500)

    def away(*args: Any, **kwargs: Any) -> Any:
        raise redis_py.ConnectionError("Error 111 connecting. Connection refused.")

    subject = entries.consumer(kinds=[HEALTH])
    monkeypatch.setattr(subject, "step", away)
    subject.run(stopping)
    assert consumer.LONGEST_PAUSE_S / 2 <= stopping.seconds[-1] <= consumer.LONGEST_PAUSE_S


def test_a_consumer_tells_that_it_lives_and_what_it_did() -> None:
    put("health", *readings(2), rejects=[Reject("health", "B", "no serial", b"{}")])
    subject = entries.consumer("host:7")
    entries.drain(subject)
    subject.beat()
    told = client("control").hgetall(CONSUMER_KEY.format("host:7"))
    assert {name: told[name] for name in (b"kinds", b"stored", b"duplicates", b"dead", b"error")} == {
        b"kinds": b"event,device,health", b"stored": b"2", b"duplicates": b"0", b"dead": b"1", b"error": b"",
    }  # fmt: skip
    assert 0 < client("control").ttl(CONSUMER_KEY.format("host:7")) <= 15


def test_a_full_redis_is_still_drained(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = Flag()
    put("health", *readings(2))
    subject = entries.consumer(kinds=[watched("health", lambda records: stopping.set() or HEALTH.write(records))])
    real = subject.connection.pipeline

    def full(**kwargs: Any) -> Any:
        pipeline = real(**kwargs)
        monkeypatch.setattr(pipeline, "execute", refuse)
        return pipeline

    def refuse() -> None:
        raise redis_py.exceptions.OutOfMemoryError("command not allowed when used memory > 'maxmemory'.")

    monkeypatch.setattr(subject.connection, "pipeline", full)
    subject.run(stopping)
    assert (HealthData.objects.count(), pending("health")) == (2, 0)
    assert "can not tell that it lives" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_an_idle_consumer_wakes_for_any_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = entries.consumer()
    entries.drain(subject)
    real = subject.connection.xread

    def appended_meanwhile(*args: Any, **kwargs: Any) -> Any:
        put("event", Event("A", "SOS_EVENT", FIVE))
        return real(*args, **kwargs)

    monkeypatch.setattr(subject.connection, "xread", appended_meanwhile)
    assert subject.step(block_ms=20_000) == 0  # would take all that time, and fail the socket, if it did not wake
    assert subject.step(block_ms=0) == 1


@pytest.mark.django_db(transaction=True)
def test_an_old_database_connection_is_renewed_at_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    subject = entries.consumer()
    entries.drain(subject)
    connection.ensure_connection()
    before = connection.connection
    connection.close_at = 0
    put("health", *readings(1))
    entries.drain(subject)
    assert HealthData.objects.count() == 1
    assert connection.connection is not before


@pytest.mark.django_db(transaction=True)
def test_what_is_stored_is_committed_before_it_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = entries.consumer(kinds=[HEALTH])
    open_transactions: list[bool] = []

    def acknowledge(*args: Any, **values: Any) -> None:
        open_transactions.append(connection.in_atomic_block)
        acknowledging.acknowledge(*args, **values)

    monkeypatch.setattr(handling, "acknowledge", acknowledge)
    put("health", *readings(1))
    until(lambda: entries.drain(subject))
    assert open_transactions == [False]
