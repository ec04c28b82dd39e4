"""Promises are counted in memory and written once a second; nothing that was told is forgotten but by a kill."""

import threading
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connections

from ljwx.redis import ledger_key
from monitoring import flushing, ledger
from monitoring.ledger import ACCEPTED, DEAD, DUPLICATE, STORED, STREAM, UNSURE, Key, Line
from monitoring.models import LedgerCount

MINUTE = 29_822_400
MS = MINUTE * 60_000
STREAMS = {"health": "health_data_stream"}


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    ledger.forget_told()
    yield
    ledger.forget_told()


def rows() -> dict[Key, int]:
    return {
        Key(*row[:-1]): row[-1] for row in LedgerCount.objects.values_list("minute", "kind", "path", "what", "count")
    }


def test_what_was_told_is_written_by_minute_and_adds_up(db: None) -> None:
    ledger.tell("health", STREAM, ACCEPTED, 3, received_ms=MS)
    ledger.tell("health", STREAM, ACCEPTED, 2, received_ms=MS + 59_999)
    ledger.tell("health", STREAM, ACCEPTED, 1, received_ms=MS + 60_000)
    flushing.flush()
    ledger.tell("health", STREAM, ACCEPTED, 4, received_ms=MS)
    flushing.flush()
    flushing.flush()
    assert rows() == {
        Key(MINUTE, "health", STREAM, ACCEPTED): 9,
        Key(MINUTE + 1, "health", STREAM, ACCEPTED): 1,
    }


def test_a_commit_without_an_answer_counts_nothing_twice(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = connections["default"]
    commit = own._commit
    ledger.tell("health", STREAM, ACCEPTED, 3, received_ms=MS)

    def commits_and_says_nothing() -> None:
        commit()
        raise OperationalError(2013, "Lost connection")

    with monkeypatch.context() as patch:
        patch.setattr(own, "_commit", commits_and_says_nothing)
        with pytest.raises(OperationalError):
            flushing.flush()
    flushing.flush()
    assert rows() == {Key(MINUTE, "health", STREAM, ACCEPTED): 3}


def test_the_end_of_a_process_awaits_the_flush_under_way(transactional_db: None) -> None:
    ledger.tell("health", STREAM, ACCEPTED, 3, received_ms=MS)
    ending = threading.Thread(target=flushing.finish)
    with flushing._under_way:
        ending.start()
        assert ending.is_alive()
        assert rows() == {}
        ledger._told.clear()  # as the flush under way takes it
    ending.join(10)
    assert not ending.is_alive()
    assert rows() == {}


def test_a_database_that_is_away_makes_it_wait_and_nothing_is_counted_twice(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.tell("health", STREAM, ACCEPTED, 3, received_ms=MS)
    ledger.tell("event", STREAM, ACCEPTED, 1, received_ms=MS)
    real, calls = ledger._add, []

    def fails_at_the_second(key: Key, count: int) -> None:
        calls.append(key)
        if len(calls) == 2:
            raise OperationalError(2013, "Lost connection")
        real(key, count)

    monkeypatch.setattr(ledger, "_add", fails_at_the_second)
    with pytest.raises(OperationalError):
        flushing.flush()
    assert rows() == {}
    ledger.tell("health", STREAM, ACCEPTED, 2, received_ms=MS)
    flushing.flush()
    assert rows() == {Key(MINUTE, "health", STREAM, ACCEPTED): 5, Key(MINUTE, "event", STREAM, ACCEPTED): 1}


def test_threads_that_tell_at_once_are_all_heard() -> None:
    def tell() -> None:
        for _ in range(2_000):
            ledger.tell("health", STREAM, ACCEPTED, 1, received_ms=MS)

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.told() == {Key(MINUTE, "health", STREAM, ACCEPTED): 8_000}


def test_the_edge_and_the_consumers_are_read_together(db: None, redis: object) -> None:
    ledger.tell("health", STREAM, ACCEPTED, 10, received_ms=MS)
    ledger.tell("health", "legacy", ACCEPTED, 2, received_ms=MS)
    ledger.tell("health", "legacy", STORED, 2, received_ms=MS)
    ledger.tell("health", STREAM, UNSURE, 1, received_ms=MS)
    flushing.flush()
    for what, count in ((STORED, 6), (DUPLICATE, 2), (DEAD, 1)):
        ledger.client("control").hincrby(ledger_key("health_data_stream", MINUTE), f"{STREAM}:{what}", count)
    before = {"health": (MINUTE + 1) * 60.0}
    assert ledger.lines(MINUTE - 1, MINUTE + 1, streams=STREAMS, settled_before=before) == [
        Line(MINUTE, "health", "legacy", 2, 2, 0, 0, 0, settled=True),
        Line(MINUTE, "health", STREAM, 10, 6, 2, 1, 1, settled=True),
    ]
    assert ledger.lines(MINUTE + 1, MINUTE + 5, streams=STREAMS, settled_before=before) == []


@pytest.mark.parametrize(
    ("settled", "stored", "in_flight", "residue"),
    [(False, 7, 3, 0), (True, 7, 0, 3), (True, 10, 0, 0), (False, 12, 0, -2), (True, 12, 0, -2)],
)
def test_what_is_open_is_in_flight_until_its_minute_is_settled_and_lost_afterwards(
    settled: bool, stored: int, in_flight: int, residue: int
) -> None:
    line = Line(MINUTE, "health", STREAM, 10, stored, 0, 0, 0, settled=settled)
    assert (line.in_flight, line.residue) == (in_flight, residue)
    assert line.accepted == line.stored + line.duplicate + line.dead + line.in_flight + line.residue


def test_counts_older_than_three_days_are_deleted(db: None) -> None:
    for minute in (MINUTE - 3 * 24 * 60 - 1, MINUTE - 3 * 24 * 60, MINUTE):
        ledger.tell("health", STREAM, ACCEPTED, 1, received_ms=minute * 60_000)
    flushing.flush()
    assert ledger.forget(now=MINUTE * 60.0) == 1
    assert len(rows()) == 2
