"""Storing a batch: every record a row or a dead letter, whatever one of them holds."""

from collections.abc import Sequence
from dataclasses import replace
from threading import Event
from typing import Any

import msgspec
import pytest
from django.db import DataError, Error, IntegrityError, InterfaceError, OperationalError, ProgrammingError, connection
from django.test.utils import CaptureQueriesContext

from ingest.models import HealthData
from ingest.records import Health
from streaming import registry, storing
from streaming.deadletters import Burial, of_record
from streaming.failures import RECORD, RETRY, STOP, Broken, Exhausted, Failure, Unavailable, classify
from streaming.models import DeadLetter
from streaming.probing import probe
from streaming.registry import Written
from streaming.storing import Tally, store
from tests.streaming.entries import FIVE, RECEIVED_MS, items, letters, readings, watched

HEALTH = registry.get("health")
BURIAL = Burial("health", "B", "no serial", "json", b"{}", RECEIVED_MS)


def bad(record: Health, **values: Any) -> Any:
    """A record that no database takes."""
    return msgspec.structs.replace(record, **(values or {"upload_method": None}))


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("values", [{"upload_method": None}, {"sleep_data": "{not json"}], ids=["null", "check"])
def test_bad_records_are_buried_and_the_rest_are_stored(values: dict[str, Any]) -> None:
    records: list[Any] = readings(200)
    for index in (0, 77, 199):
        records[index] = bad(records[index], **values)
    assert store(HEALTH, items(records), [BURIAL]) == Tally(197, 0, 4, 4)
    assert HealthData.objects.count() == 197
    dead = DeadLetter.objects.filter(form="record")
    assert {letter.reason.partition(":")[0] for letter in dead} == {"database"}
    assert sorted(msgspec.json.decode(bytes(letter.payload))["timestamp"] for letter in dead) == [
        FIVE,
        FIVE + 77,
        FIVE + 199,
    ]
    assert {letter.device_sn for letter in dead} == {"A"}
    assert DeadLetter.objects.get(form="json").reason == "no serial"


@pytest.mark.usefixtures("db")
def test_storing_again_changes_nothing() -> None:
    records = [*readings(5), bad(Health("A", FIVE + 9))]
    store(HEALTH, items(records), [BURIAL])
    assert store(HEALTH, items(records), [BURIAL]) == Tally(0, 5, 0, 2)
    assert (HealthData.objects.count(), DeadLetter.objects.count()) == (5, 2)


@pytest.mark.usefixtures("db")
def test_the_reason_of_a_refused_record_holds_none_of_its_values() -> None:
    store(HEALTH, items([bad(Health("SECRET", FIVE, heart_rate=187), sleep_data="{not json 187")]))
    ((_kind, _serial, reason),) = letters()
    assert reason.startswith("database: ")
    assert "187" not in reason
    assert "SECRET" not in reason


@pytest.mark.usefixtures("db")
def test_one_bad_record_in_many_costs_few_transactions() -> None:
    written: list[int] = []

    def write(records: Sequence[Any]) -> Written:
        written.append(len(records))
        return HEALTH.write(records)

    records = readings(512)
    records[300] = bad(records[300])
    assert store(watched("health", write), items(records)) == Tally(511, 0, 1, 1)
    assert len(written) <= 2 * 9 + 1
    assert written[0] == 512


@pytest.mark.usefixtures("db")
def test_a_conflict_is_kept_and_the_first_stays() -> None:
    store(HEALTH, items([Health("A", FIVE, heart_rate=70)]))
    assert store(HEALTH, items([Health("A", FIVE, heart_rate=71)])) == Tally(0, 0, 1, 1)
    assert store(HEALTH, items([Health("A", FIVE, heart_rate=71)])) == Tally(0, 0, 0, 1)
    assert letters() == [("health", "A", "conflict")]
    assert list(HealthData.objects.values_list("heart_rate")) == [(70,)]


@pytest.mark.usefixtures("db")
def test_a_record_no_calendar_holds_is_buried_and_the_rest_are_stored() -> None:
    records = [*readings(3), Health("A", 10**18), Health("B", -(10**18))]
    assert store(HEALTH, items(records)) == Tally(3, 0, 2, 2)
    assert HealthData.objects.count() == 3


@pytest.mark.usefixtures("db")
def test_nothing_is_no_transaction(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert store(HEALTH, []) == Tally()


@pytest.mark.usefixtures("db")
def test_records_are_written_in_the_order_of_their_keys() -> None:
    written: list[Any] = []

    def write(records: Sequence[Any]) -> Written:
        written.extend(records)
        return Written(len(records))

    records = readings(9, "B") + readings(9, "A")
    store(watched("health", write), items(records[::-1]))
    assert written == sorted(records, key=lambda record: (record.device_sn, record.timestamp))


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OperationalError(1213, "Deadlock found"), Unavailable),
        (OperationalError(2006, "gone away"), Unavailable),
        (OperationalError("database is locked"), Unavailable),
        (InterfaceError(0, ""), Unavailable),
        (OperationalError(1114, "The table is full"), Broken),
        (OperationalError(1290, "read only"), Broken),
        (ProgrammingError(1146, "no such table"), Broken),
        (OperationalError("attempt to write a readonly database"), Broken),
    ],
)
def test_what_is_not_the_records_fault_buries_none(error: Exception, raised: type[Unavailable]) -> None:
    calls = 0

    def write(records: Sequence[Any]) -> Written:
        nonlocal calls
        calls += 1
        raise error

    with pytest.raises(Unavailable) as caught:
        store(watched("health", write), items(readings(3)), [BURIAL])
    assert type(caught.value) is raised
    assert calls == 1  # within a transaction of its caller there is nothing to try again
    assert letters() == []


UNKNOWN = [OperationalError(9999, "nobody knows"), ProgrammingError("nobody knows")]


def refusing(error: Exception, *serials: str) -> Any:
    """The kind of health readings, whose writer raises `error` when one of these devices is among them."""

    def write(records: Sequence[Any]) -> Written:
        if any(record.device_sn in serials for record in records):
            raise error
        return HEALTH.write(records)

    return watched("health", write)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("error", UNKNOWN)
def test_an_unknown_error_of_one_record_buries_it_when_a_probe_write_works(error: Exception) -> None:
    records = [*readings(5), Health("ODD", FIVE), *readings(5, "Z")]
    assert store(refusing(error, "ODD"), items(records), [BURIAL]) == Tally(10, 0, 2, 2)
    assert HealthData.objects.count() == 10
    (odd,) = [letter for letter in letters() if letter[1] == "ODD"]
    assert odd[2] == f"unknown: {type(error).__name__} {9999 if error.args[0] == 9999 else ''}".strip()


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("error", UNKNOWN)
def test_an_unknown_error_buries_nothing_when_the_probe_write_meets_it_too(error: Exception) -> None:
    with pytest.raises(Broken, match="a probe write fails"):
        store(refusing(error, "A", "probe"), items(readings(3)), [BURIAL])
    assert (letters(), HealthData.objects.count()) == ([], 0)


@pytest.mark.usefixtures("db")
def test_without_a_probe_an_unknown_error_buries_nothing() -> None:
    kind = replace(refusing(UNKNOWN[0], "A"), probe=None)
    with pytest.raises(Broken):
        store(kind, items(readings(1)))
    assert letters() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", registry.kinds(), ids=lambda kind: kind.name)
def test_a_probe_writes_to_the_tables_of_its_kind_and_leaves_nothing(kind: registry.Kind) -> None:
    with CaptureQueriesContext(connection) as queries:
        probe(kind)
    told = " ".join(query["sql"] for query in queries if query["sql"].startswith("INSERT"))
    tables = {
        "health": ["t_user_health_data", "t_user_health_data_daily", "t_user_health_data_weekly"],
        "device": ["t_device_info_history", "t_device_info"],
        "event": ["t_common_event", "t_user_health_data", "t_alert_info"],
    }[kind.name]
    assert [table for table in tables if connection.ops.quote_name(table) not in told] == []
    for table in tables:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {table}")
            assert cursor.fetchone() == (0,)


@pytest.mark.usefixtures("db")
def test_a_fault_of_the_code_is_the_records_own_when_it_is_isolated_and_a_probe_write_works() -> None:
    records = [*readings(3), Health("ODD", FIVE)]
    assert store(refusing(KeyError("bug"), "ODD"), items(records), isolated=True) == Tally(3, 0, 1, 1)
    assert letters() == [("health", "ODD", "unexpected: KeyError")]


@pytest.mark.usefixtures("db")
def test_a_key_that_can_not_be_made_is_the_records_own_fault_when_it_is_isolated() -> None:
    kind = replace(HEALTH, key=lambda record: HEALTH.key(record) if record.device_sn != "ODD" else record.missing)
    with pytest.raises(AttributeError):
        store(kind, items([Health("ODD", FIVE)]))
    assert store(kind, items([*readings(3), Health("ODD", FIVE)]), isolated=True) == Tally(3, 0, 1, 1)
    assert letters() == [("health", "ODD", "unexpected: AttributeError")]


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("error", "met_by"),
    [(KeyError("bug"), ("ODD", "probe")), (MemoryError(), ("ODD",)), (ConnectionResetError(), ("ODD",))],
    ids=["the probe meets it too", "memory", "network"],
)
def test_a_fault_that_may_be_the_worlds_is_raised_even_when_isolated(error: Exception, met_by: tuple[str, ...]) -> None:
    with pytest.raises(type(error)):
        store(refusing(error, *met_by), items([Health("ODD", FIVE)]), isolated=True)
    assert letters() == []


@pytest.mark.usefixtures("db")
def test_what_is_found_at_storing_is_spent_from_the_budget_and_what_devices_sent_is_not() -> None:
    spent: list[int] = []
    store(HEALTH, items([Health("C", FIVE, heart_rate=70)]), spend=spent.append)
    conflict, impossible = Health("C", FIVE, heart_rate=71), Health("C", 10**18)
    unread = Burial("health", "", "undecodable: x", "entry", b"x", RECEIVED_MS)
    given = items([conflict, impossible, bad(Health("D", FIVE))])
    assert store(HEALTH, given, [BURIAL, unread], spend=spent.append).dead == 5
    assert sum(spent) == 3
    store(HEALTH, given, [BURIAL, unread], spend=spent.append)
    assert sum(spent) == 3  # what is buried already costs nothing


@pytest.mark.django_db(transaction=True)
def test_what_the_budget_refuses_is_not_committed() -> None:
    def refuse(count: int) -> None:
        raise Exhausted("enough")

    with pytest.raises(Exhausted):
        store(HEALTH, items(readings(3)), [replace(BURIAL, form="entry")], spend=refuse)
    assert (letters(), HealthData.objects.count()) == ([], 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failures", [1, 4])
def test_a_busy_world_is_tried_again(monkeypatch: pytest.MonkeyPatch, failures: int) -> None:
    left = failures

    def write(records: Sequence[Any]) -> Written:
        nonlocal left
        written = HEALTH.write(records)
        if left:
            left -= 1
            raise OperationalError(1213, "Deadlock found when trying to get lock")
        return written

    patient(monkeypatch)
    assert store(watched("health", write), items(readings(3)), [BURIAL]) == Tally(3, 0, 1, 1)
    assert (HealthData.objects.count(), DeadLetter.objects.count()) == (3, 1)


@pytest.mark.django_db(transaction=True)
def test_a_world_that_stays_busy_is_given_up_with_nothing_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def write(records: Sequence[Any]) -> Written:
        nonlocal calls
        calls += 1
        HEALTH.write(records)
        raise OperationalError(1205, "Lock wait timeout exceeded")

    patient(monkeypatch)
    with pytest.raises(Unavailable):
        store(watched("health", write), items(readings(3)), [BURIAL])
    assert calls == storing.ATTEMPTS
    assert (HealthData.objects.count(), DeadLetter.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_long_to_fail_is_not_tried_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now, calls = [0.0], 0

    def write(records: Sequence[Any]) -> Written:
        nonlocal calls
        calls += 1
        now[0] += storing.LONGEST_S * 0.6
        raise OperationalError(2013, "Lost connection to server during query")

    patient(monkeypatch)
    monkeypatch.setattr(storing, "clock", lambda: now[0])
    with pytest.raises(Unavailable, match="2013"):
        store(watched("health", write), items(readings(3)))
    assert calls == 2


def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing between attempts."""
    over = Event()
    over.set()
    monkeypatch.setattr(storing, "_pause", over)


@pytest.mark.usefixtures("db")
def test_if_burying_fails_nothing_is_said_to_be_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(burials: Any) -> int:
        if list(burials):
            raise DataError(1406, "Data too long")
        return 0

    monkeypatch.setattr(storing.deadletters, "bury", fail)
    with pytest.raises(Broken):
        store(HEALTH, items(readings(2)), [BURIAL])
    with pytest.raises(Broken):
        store(HEALTH, items([bad(readings(1)[0])]))


@pytest.mark.usefixtures("db")
def test_a_fault_of_the_code_is_no_fault_of_a_record() -> None:
    def write(records: Sequence[Any]) -> Written:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        store(watched("health", write), items(readings(1)))
    assert letters() == []


def test_the_numbers_are_those_that_were_written_down() -> None:
    assert {1213, 1205, 1040, 1053, 1158, 1159, 1160, 1161, 1317, 2002, 2003, 2006, 2013, 2055, 3024, 4031} == RETRY
    assert {1021, 1114, 1290, 1836, 1044, 1045, 1142, 1049, 1054, 1146} <= STOP
    assert {1048, 1264, 1265, 1292, 1300, 1366, 1406, 1451, 1452, 1690, 3819, 4025} == RECORD
    assert not RETRY & STOP | RETRY & RECORD | STOP & RECORD


@pytest.mark.parametrize("kind", [OperationalError, IntegrityError, DataError, ProgrammingError, Error])
@pytest.mark.parametrize(
    ("numbers", "failure"), [(RETRY, Failure.RETRY), (STOP, Failure.STOP), (RECORD, Failure.RECORD)]
)
def test_an_error_is_told_by_its_number_and_never_by_its_class(
    kind: type[Error], numbers: set[int], failure: Failure
) -> None:
    assert {classify(kind(number, "database is locked, NOT NULL constraint failed")) for number in numbers} == {failure}


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (OperationalError("database is locked"), Failure.RETRY),
        (OperationalError("database table is locked: t_user_health_data"), Failure.RETRY),
        (InterfaceError("connection already closed"), Failure.RETRY),
        (InterfaceError(0, ""), Failure.RETRY),
        (IntegrityError("NOT NULL constraint failed: t_user_health_data.upload_method"), Failure.RECORD),
        (IntegrityError("CHECK constraint failed: JSON_VALID(sleep_data)"), Failure.RECORD),
        (IntegrityError("UNIQUE constraint failed: x"), Failure.RECORD),
        (IntegrityError("datatype mismatch"), Failure.RECORD),
        (DataError("string or blob too big"), Failure.RECORD),
        (OverflowError("Python int too large to convert to SQLite INTEGER"), Failure.RECORD),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), Failure.RECORD),
        (OperationalError("no such table: t_user_health_data"), Failure.STOP),
        (OperationalError("no such column: x"), Failure.STOP),
        (OperationalError("disk I/O error"), Failure.STOP),
        (OperationalError("database or disk is full"), Failure.STOP),
        (OperationalError("attempt to write a readonly database"), Failure.STOP),
        (OperationalError("unable to open database file"), Failure.STOP),
        (OperationalError("database disk image is malformed"), Failure.STOP),
        (OperationalError(9999, "database is locked"), Failure.UNKNOWN),
        (OperationalError("nobody knows"), Failure.UNKNOWN),
        (OperationalError(), Failure.UNKNOWN),
        (KeyError("x"), Failure.UNKNOWN),
    ],
)
def test_an_error_without_a_number_is_told_by_its_text(error: Exception, failure: Failure) -> None:
    assert classify(error) is failure


@pytest.mark.usefixtures("db")
def test_a_record_with_two_reasons_is_one_dead_letter() -> None:
    record = bad(readings(1)[0])
    burials = [of_record(HEALTH, record, reason, received_ms=RECEIVED_MS) for reason in ("conflict", "database: x")]
    assert store(HEALTH, (), burials).dead == 1
    assert store(HEALTH, items([record])) == Tally(0, 0, 0, 1)
    assert len(letters()) == 1
