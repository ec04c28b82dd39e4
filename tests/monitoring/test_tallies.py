"""What was told is written once, whatever the database does, and read as the sum of all processes."""

import hashlib
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from ljwx import databaseclock, portions
from monitoring import evidence, flushing, ledger, processes, tallies
from monitoring.bucket import Bucket, Key
from monitoring.evidence import Rate
from monitoring.models import LedgerCount, Tally

HEALTH = Key("stream", "health", 3)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    ledger.forget_told()
    yield
    ledger.forget_told()


def everything() -> list[Bucket]:
    now = int(databaseclock.now())
    return evidence.read(now - 1000, now + 1000)


def total() -> dict[Key, Bucket]:
    """All that was written, whichever second it fell into."""
    found: dict[Key, Bucket] = {}
    for bucket in everything():
        found.setdefault(bucket.key, Bucket(*bucket.key)).merge(bucket)
    return found


def refused(*args: object, **kwargs: object) -> None:
    raise OperationalError(2006, "Server has gone away")


def another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_name", f"{processes.name()}'")


def test_what_was_told_is_written_and_read_by_path_kind_and_epoch(db: None) -> None:
    tallies.upload(*HEALTH, seconds=0.02, accepted=2)
    tallies.upload("legacy", "health", 3, seconds=0.05, good=1)
    tallies.stored(*HEALTH, 2)
    tallies.failed(*HEALTH, tallies.FALLBACK, device_sn="SERIAL-1", records=3)
    before = int(databaseclock.now())
    flushing.flush()
    found = total()
    assert set(found) == {HEALTH, Key("legacy", "health", 3)}
    assert (found[HEALTH].uploads, found[HEALTH].accepted, found[HEALTH].good) == (1, 2, 2)
    assert found[HEALTH].errors == {"fallback": 3}
    assert list(found[HEALTH].devices.values()) == [3]
    assert found["legacy", "health", 3].good == 1
    assert all(before <= bucket.second <= before + 60 for bucket in everything())
    assert evidence.rates(everything()) == {HEALTH: Rate(5, 3), Key("legacy", "health", 3): Rate(1, 0)}
    assert tallies.told() == []


def test_two_processes_add_up(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    tallies.failed(*HEALTH, tallies.DEAD, device_sn="A")
    tallies.upload(*HEALTH, seconds=0.1)
    flushing.flush()
    another_process(monkeypatch)
    tallies.failed(*HEALTH, tallies.DEAD, device_sn="A")
    tallies.failed(*HEALTH, tallies.DEAD, device_sn="B")
    tallies.upload(*HEALTH, seconds=4.0)
    flushing.flush()
    found = total()[HEALTH]
    assert found.errors == {"dead": 3}
    assert sorted(found.devices.values()) == [1, 2]
    now = int(databaseclock.now())
    latency = evidence.latency("stream", now - 60, now + 60)
    assert latency.count == 2
    assert latency.quantile(1) == pytest.approx(4.0, rel=0.05)
    assert evidence.latency("legacy", now - 60, now + 60).count == 0


def test_a_window_holds_the_seconds_from_its_beginning_up_to_its_end(db: None) -> None:
    for number, written in enumerate((99.99, 100.0, 100.9, 101.5, 102.0)):
        data = tallies.encode([Bucket(*HEALTH, good=1)])
        Tally.objects.create(process="p", number=number, written=written, data=data)
    assert [(bucket.second, bucket.good) for bucket in evidence.read(100, 102)] == [(100, 2), (101, 1)]
    assert [(bucket.second, bucket.good) for bucket in evidence.read(102, 103)] == [(102, 1)]


def test_seconds_are_settled_when_no_transaction_can_still_add_to_them(db: None) -> None:
    assert evidence.settled() <= databaseclock.now() - evidence.SETTLED_S


def test_a_database_that_is_away_makes_counts_wait_and_none_is_lost_or_doubled(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setattr(tallies.Tally.objects, "bulk_create", refused)
        for _ in range(3):
            tallies.stored(*HEALTH, 2)
            ledger.tell("health", "stream", "accepted", 2, received_ms=0)
            with pytest.raises(OperationalError):
                flushing.flush()
    assert [bucket.good for bucket in tallies.told()] == [6]
    tallies.stored(*HEALTH, 1)
    flushing.flush()
    flushing.flush()
    assert total()[HEALTH].good == 7
    assert LedgerCount.objects.get().count == 6


def test_the_ledger_and_the_evidence_are_one_transaction(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    tallies.stored(*HEALTH, 2)
    ledger.tell("health", "stream", "accepted", 2, received_ms=0)
    monkeypatch.setattr(tallies.Tally.objects, "bulk_create", refused)
    with pytest.raises(OperationalError):
        flushing.flush()
    assert not LedgerCount.objects.exists()
    assert sum(ledger.told().values()) == 2


def test_a_commit_of_which_nobody_is_sure_is_not_written_twice(db: None) -> None:
    tallies.stored(*HEALTH, 2)
    with pytest.raises(OperationalError), tallies.taken() as batches:  # noqa: PT012 - the reply to COMMIT is lost
        with transaction.atomic():
            tallies.write(batches)
        refused()
    tallies.stored(*HEALTH, 3)
    flushing.flush()
    assert total()[HEALTH].good == 5
    assert Tally.objects.count() == 2


def test_what_waits_for_the_database_for_fifteen_minutes_is_given_up_which_is_said_once(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = 1000.0
    monkeypatch.setattr(tallies, "clock", lambda: now)
    for _ in range(3):
        tallies.stored(*HEALTH, 2)
        with pytest.raises(OperationalError), tallies.taken():
            refused()
        now += tallies.KEPT_S
    now -= tallies.KEPT_S - 1
    flushing.flush()
    assert total()[HEALTH].good == 2
    assert caplog.text.count("more than 15 min are given up") == 1


def test_what_has_waited_for_long_is_written_in_statements_that_a_server_takes(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallies, "ROW", portions.STATEMENT // 5 * 2)
    for _ in range(5):
        tallies.stored(*HEALTH, 1)
        with pytest.raises(OperationalError), tallies.taken():
            refused()
    with CaptureQueriesContext(connection) as captured:
        flushing.flush()
    inserts = [
        query["sql"] for query in captured if f"INSERT INTO {connection.ops.quote_name('ljwx_tally')}" in query["sql"]
    ]
    assert [sql.count("good") for sql in inserts] == [2, 2, 1]
    assert total()[HEALTH].good == 5


def test_a_loop_writes_once_a_second(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(flushing, "_tried_at", None)
    monkeypatch.setattr(flushing, "clock", lambda: now)
    tallies.stored(*HEALTH, 1)
    flushing.tend()
    tallies.stored(*HEALTH, 1)
    now += 0.9
    flushing.tend()
    assert total()[HEALTH].good == 1
    now += 0.2
    flushing.tend()
    assert total()[HEALTH].good == 2


def test_a_loop_goes_on_while_the_database_is_away_and_says_so_once(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = 1000.0
    monkeypatch.setattr(flushing, "_tried_at", None)
    monkeypatch.setattr(flushing, "clock", lambda: now)
    tallies.stored(*HEALTH, 1)
    with monkeypatch.context() as away:
        away.setattr(tallies.Tally.objects, "bulk_create", refused)
        for _ in range(10):
            flushing.tend()
            now += 0.5
    assert [record.message for record in caplog.records] == [
        "what was told can not be written and waits: OperationalError"
    ]
    flushing.tend()
    assert total()[HEALTH].good == 1
    assert caplog.records[-1].message == "what was told is written again"


def test_the_end_of_a_process_writes_what_is_left_and_bears_a_database_that_is_away(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tallies.stored(*HEALTH, 1)
    with monkeypatch.context() as away:
        away.setattr(tallies.Tally.objects, "bulk_create", refused)
        flushing.finish()
    assert total() == {}
    flushing.finish()
    assert total()[HEALTH].good == 1


def test_nothing_told_is_no_query(db: None, django_assert_num_queries: "type[CaptureQueriesContext]") -> None:
    with django_assert_num_queries(0):
        flushing.flush()


def test_rows_older_than_fifteen_minutes_are_deleted(db: None) -> None:
    for number, written in enumerate((99.0, 100.0, 500.0)):
        Tally.objects.create(process="p", number=number, written=written, data="[]")
    assert tallies.prune(moment=100.0 + 900) == 1
    assert tallies.prune() == 2


def test_more_keys_than_a_second_can_have_are_summed() -> None:
    for epoch in range(3 * tallies.MOST_KEYS):
        tallies.stored("stream", "health", epoch, 1)
    assert len(tallies.told()) == tallies.MOST_KEYS + 1
    assert sum(bucket.good for bucket in tallies.told()) == 3 * tallies.MOST_KEYS


def test_a_device_has_the_same_hash_everywhere_and_it_takes_the_key_to_make_it(settings: object) -> None:
    known = tallies.device_hash("SERIAL-1")
    assert known == tallies.device_hash("SERIAL-1") != tallies.device_hash("SERIAL-2")
    assert known not in {hashlib.blake2b(b"SERIAL-1", digest_size=5).hexdigest(), "SERIAL-1"}
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]
    assert tallies.device_hash("SERIAL-1") != known
