"""An event whose reading the database refuses: the event and its alert are stored, that reading alone is buried."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from django.db import OperationalError, connection

from ingest import kinds
from ingest.accept import Commit
from ingest.models import AlertInfo, CommonEvent, HealthData
from ingest.records import Event, Health
from ingest.upload import Part, Upload
from streaming import deadletters, registry
from streaming.failures import Broken, Unavailable
from streaming.models import DeadLetter
from streaming.registry import Written
from streaming.replay import Outcome, replay
from streaming.storing import Tally, store
from tests.streaming.entries import FIVE, RECEIVED_MS, consumer, drain, items, letters, put, readings

EVENT = registry.get("event")
GOOD = readings(3)
# A table of another system may have rules that the edge does not know.
TRIGGERS = {
    "sqlite": "CREATE TRIGGER refusal BEFORE INSERT ON {table} WHEN NEW.{column} = {value}"
    " BEGIN SELECT RAISE(ABORT, 'not in this house'); END",
    "mysql": "CREATE TRIGGER refusal BEFORE INSERT ON {table} FOR EACH ROW"
    " BEGIN IF NEW.{column} = {value} THEN SIGNAL SQLSTATE '45000'; END IF; END",
}


def bad(number: int = 7) -> Health:
    """A reading that no database takes."""
    return Health("A", FIVE + number, sleep_data="{not json")


def sos(*carried: Any, **values: Any) -> Event:
    return Event(**{"device_sn": "A", "event_type": "SOS_EVENT", "timestamp": FIVE, "health": list(carried), **values})


def buried() -> list[tuple[str, str, str, Any]]:
    """Kind, serial, category and content of each dead letter."""
    found = DeadLetter.objects.order_by("pk").values_list("kind", "device_sn", "category", "payload")
    return [(*known, msgspec.json.decode(bytes(payload))) for *known, payload in found]


def content(record: Any) -> Any:
    return msgspec.json.decode(deadletters.payload(record))


def stored() -> tuple[int, int, int]:
    """Events, alerts and readings."""
    return CommonEvent.objects.count(), AlertInfo.objects.count(), HealthData.objects.count()


def by_the_legacy_path(event: Event) -> None:
    upload = Upload(received_ms=RECEIVED_MS, parts={("event", "A"): Part("event", "A", [event])}, accepted=1)
    Commit(upload, writes=list(upload.parts.values())).run()


def by_the_stream(event: Event) -> None:
    put("event", event)
    assert drain(consumer()) == 1


def by_replay(event: Event) -> None:
    deadletters.bury([deadletters.of_record(EVENT, event, "database: refused", received_ms=RECEIVED_MS)])
    (result,) = replay(DeadLetter.objects.filter(kind="event"), actor="zhang")
    assert result.outcome is Outcome.NEW
    DeadLetter.objects.filter(kind="event").delete()


PATHS: list[Callable[[Event], None]] = [by_the_legacy_path, by_the_stream, by_replay]


@pytest.mark.usefixtures("held", "redis")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_the_event_its_alert_and_its_other_readings_are_stored(path: Callable[[Event], None], place: int) -> None:
    carried = [*GOOD[:place], bad(), *GOOD[place:]]
    path(sos(*carried))
    assert stored() == (1, 1, 3)
    assert buried() == [("health", "A", "database", content(bad()))]


@pytest.mark.usefixtures("held", "redis")
@pytest.mark.parametrize("path", PATHS)
def test_however_often_it_comes_there_is_one_of_each(path: Callable[[Event], None]) -> None:
    for each in [by_the_stream, by_the_legacy_path, path if path is not by_replay else by_the_stream]:
        each(sos(bad(), *GOOD))
    assert stored() == (1, 1, 3)
    assert len(buried()) == 1


@pytest.mark.usefixtures("db")
def test_the_alert_names_the_first_reading_that_is_there() -> None:
    store(EVENT, items([sos(bad(), *GOOD)]))
    assert AlertInfo.objects.get().health_id == HealthData.objects.get(timestamp__second=0).pk


@pytest.mark.usefixtures("db")
def test_a_reading_is_a_letter_of_its_own_and_no_record_of_the_batch() -> None:
    batch = [sos(bad(number), timestamp=FIVE + number) for number in range(5)] + [sos(*GOOD, timestamp=FIVE + 9)]
    assert store(EVENT, items(batch)) == Tally(6, 0, 5, 0)
    assert store(EVENT, items(batch)) == Tally(0, 6, 0, 0)
    assert stored() == (6, 6, 3)
    assert {kind for kind, *_ in buried()} == {"health"}


@pytest.mark.usefixtures("db")
def test_an_impossible_time_of_a_reading_costs_the_reading_alone() -> None:
    store(EVENT, items([sos(Health("A", 10**18), *GOOD)]))
    assert stored() == (1, 1, 3)
    assert [(kind, reason) for kind, _, reason in letters()] == [("health", "database: OverflowError")]


@pytest.mark.usefixtures("db")
def test_an_event_that_is_refused_itself_is_one_letter_with_its_readings() -> None:
    refused = sos(*GOOD, latitude=[])
    assert store(EVENT, items([refused])) == Tally(0, 0, 1, 1)
    assert buried() == [("event", "A", "database", content(refused))]


@pytest.mark.usefixtures("db")
def test_what_is_refused_weighs_on_the_budget() -> None:
    spent: list[int] = []
    store(EVENT, items([sos(bad(1), bad(2), *GOOD)]), spend=spent.append)
    assert spent == [2]


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("error", "raised"),
    [(OperationalError(1213, "Deadlock found"), Unavailable), (OperationalError(1114, "The table is full"), Broken)],
)
def test_a_world_that_fails_while_readings_are_tried_buries_none(error: Exception, raised: type[Exception]) -> None:
    calls: list[int] = []

    def write(records: Sequence[Any]) -> Written:
        calls.append(len(records[0].health))
        if len(calls) == 1:
            raise ValueError
        if records[0].health:
            raise error
        return Written(1)

    with pytest.raises(raised):
        store(replace(EVENT, write=write), items([sos(GOOD[0])]))
    assert calls[:3] == [1, 0, 1]
    assert buried() == []


@pytest.fixture
def refusing(transactional_db: None) -> Iterator[Callable[..., None]]:
    """Has a table refuse a value, as no code of this project knows it: `refusing("table", "column", 66)`."""

    def plant(table: str, column: str, value: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(TRIGGERS[connection.vendor].format(table=table, column=column, value=value))

    yield plant
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refusal")


@pytest.mark.parametrize("path", [by_the_legacy_path, by_the_stream])
@pytest.mark.usefixtures("redis")
def test_a_trigger_of_an_adopted_table_that_refuses_a_reading(
    path: Callable[[Event], None], refusing: Callable[..., None]
) -> None:
    refusing("t_user_health_data", "heart_rate", 66)
    odd = Health("A", FIVE + 8, heart_rate=66)
    for _ in range(2):
        path(sos(*GOOD, odd))
    assert stored() == (1, 1, 3)
    assert buried() == [("health", "A", "unknown", content(odd))]


@pytest.mark.usefixtures("redis")
def test_a_trigger_that_refuses_the_probe_too_buries_nothing(refusing: Callable[..., None]) -> None:
    refusing("t_user_health_data", "is_deleted", 0)
    with pytest.raises(Broken):
        store(EVENT, items([sos(*GOOD)]))
    assert stored() == (0, 0, 0)
    assert buried() == []


def test_only_events_carry_readings() -> None:
    assert [kind.name for kind in kinds.KINDS if kind.carried] == ["event"]
