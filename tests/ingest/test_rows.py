"""Many rows in one statement, the same on every database."""

import math
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from ingest import rows
from ingest.rows import Table, plain
from ingest.times import Plain
from ljwx.portions import STATEMENT
from tests.ingest.fuzz import FUZZ

WEEKS = Table(
    "t_user_health_data_weekly",
    ("device_sn", "week_start", "exercise_week_data", "exercise_week_at", "create_time", "update_time"),
    ("device_sn", "week_start"),
)
READINGS = Table(
    "t_user_health_data",
    ("device_sn", "timestamp", "heart_rate", "distance", "customer_id", "upload_method", "is_deleted", "create_time",
     "update_time"),
    ("device_sn", "timestamp"),
)  # fmt: skip
MONDAY = "2026-08-31"
NOW = Plain("2026-09-02 17:00:00")
LATER = {
    "exercise_week_data": "CASE WHEN {new.exercise_week_at} > {old.exercise_week_at} THEN {new.exercise_week_data}"
    " ELSE {old.exercise_week_data} END",
    "exercise_week_at": "CASE WHEN {new.exercise_week_at} > {old.exercise_week_at} THEN {new.exercise_week_at}"
    " ELSE {old.exercise_week_at} END",
}


def week(serial: str, at: int | None = 1, data: str | None = "{}") -> tuple[Any, ...]:
    return (serial, MONDAY, data, at, NOW, NOW)


def reading(serial: str, **values: Any) -> tuple[Any, ...]:
    row = {"heart_rate": 70, "distance": 1.5, "customer_id": None, "upload_method": "wifi", **values}
    return (serial, NOW, *row.values(), False, NOW, NOW)


def held(*serials: str) -> dict[str, Any]:
    return {row[0]: row[1] for row in WEEKS.select(("device_sn", "exercise_week_at"), [(s, MONDAY) for s in serials])}


@pytest.mark.django_db
def test_many_keys_are_found_by_their_index_each_once() -> None:
    WEEKS.insert_new([week(str(number), number) for number in range(500)])
    keys = [(str(number), MONDAY) for number in (7, 3, 7, 501)]
    with CaptureQueriesContext(connection) as captured:
        assert sorted(WEEKS.select(("exercise_week_at",), keys)) == [(3,), (7,)]
    [query] = captured
    explain = "EXPLAIN" if connection.vendor == "mysql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {query['sql']}")
        plan = str(cursor.fetchall())
    assert "health_device_week" in plan or "SEARCH t_user_health_data_weekly" in plan, plan


@pytest.mark.django_db
def test_a_row_whose_key_is_taken_changes_nothing() -> None:
    WEEKS.insert_new([week("A", 1), week("B", 2)])
    WEEKS.insert_new([week("A", 9), week("C", 3)])
    assert held("A", "B", "C", "D") == {"A": 1, "B": 2, "C": 3}


@pytest.mark.django_db
def test_a_plain_insert_says_when_a_key_is_taken_and_inserts_none() -> None:
    WEEKS.insert_new([week("A", 1)])
    with pytest.raises(IntegrityError), transaction.atomic():
        WEEKS.insert([week("B", 2), week("A", 9)])
    assert held("A", "B") == {"A": 1}


@pytest.mark.django_db
def test_a_taken_row_is_changed_as_its_assignments_say() -> None:
    WEEKS.insert_or([week("A", 5, '"five"')], LATER)
    WEEKS.insert_or([week("A", 4, '"four"'), week("B", 1)], LATER)
    assert held("A", "B") == {"A": 5, "B": 1}
    WEEKS.insert_or([week("A", 6, '"six"')], LATER)
    assert list(WEEKS.select(("exercise_week_at", "exercise_week_data"), [("A", MONDAY)])) == [(6, '"six"')]


INSERTS = [
    READINGS.insert,
    READINGS.insert_new,
    lambda rows: READINGS.insert_or(rows, {"update_time": "{new.update_time}"}),
]


@pytest.mark.django_db
@pytest.mark.parametrize("insert", INSERTS, ids=["insert", "insert_new", "insert_or"])
def test_a_row_the_database_refuses_is_an_error_and_its_neighbours_are_not_stored(insert: Any) -> None:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        insert([reading("A"), reading("B", upload_method=None)])
    assert "null" in str(error.value).lower()
    assert list(READINGS.select(("device_sn",), [("A", NOW), ("B", NOW)])) == []


@pytest.mark.django_db
@pytest.mark.parametrize("insert", INSERTS, ids=["insert", "insert_new", "insert_or"])
def test_a_number_is_refused_or_stored_and_never_cut_to_fit(insert: Any) -> None:
    try:
        with transaction.atomic():
            insert([reading("A", heart_rate=99_999)])
    except DatabaseError:
        assert list(READINGS.select(("heart_rate",), [("A", NOW)])) == []
    else:
        assert list(READINGS.select(("heart_rate",), [("A", NOW)])) == [(99_999,)]


@pytest.mark.django_db
@pytest.mark.parametrize("serial", ["O'Brien", "a%sb", "%(x)s", 'a"b', "a\\b", "a\\'; --", "🦊", "设备", "a\nb", "a`b"])
def test_text_is_bound_and_never_part_of_the_statement(serial: str) -> None:
    WEEKS.insert_new([week(serial, 7)])
    assert held(serial) == {serial: 7}


@pytest.mark.django_db
@given(
    st.floats(-1e15, 1e15),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=64).filter(
        lambda text: text.strip() == text
    ),
)
@FUZZ
def test_every_value_reads_back_as_it_was_written(distance: float, customer: int | None, serial: str) -> None:
    with transaction.atomic():
        READINGS.insert_new([reading(serial, distance=distance, customer_id=customer)])
        (row,) = READINGS.select(("device_sn", "timestamp", "distance", "customer_id"), [(serial, NOW)])
        transaction.set_rollback(True)
    assert row == (serial, NOW, distance, customer)


@pytest.mark.django_db
def test_many_rows_go_in_several_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "ROW", STATEMENT // 4 + 1)
    monkeypatch.setattr(rows, "MOST_KEYS", 4)
    serials = [f"S{number:02}" for number in range(10)]
    statements: list[str] = []

    def note(execute: Any, sql: str, *args: Any) -> Any:
        statements.append(sql.split()[0])
        return execute(sql, *args)

    with connection.execute_wrapper(note):
        WEEKS.insert_new([week(serial, number) for number, serial in enumerate(serials)])
        assert sorted(held(*serials)) == serials
    assert statements == ["INSERT"] * 4 + ["SELECT"] * 3


@pytest.mark.django_db
def test_no_rows_are_no_statement(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        WEEKS.insert([])
        WEEKS.insert_new([])
        WEEKS.insert_or([], LATER)
        assert list(WEEKS.select(("device_sn",), [])) == []


@pytest.mark.django_db
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, b"x", Decimal(1), date(2026, 9, 2), [], {}])
def test_what_is_no_column_value_is_refused_before_the_database_sees_it(value: Any) -> None:
    with pytest.raises((ValueError, DatabaseError)), transaction.atomic():
        WEEKS.insert_new([week("A", value)])
    assert held("A") == {}


@pytest.mark.parametrize(
    ("vendor", "mariadb", "statement"),
    [
        ("mysql", True, "ON DUPLICATE KEY UPDATE `at` = GREATEST(`t`.`at`, VALUES(`at`))"),
        ("mysql", False, "AS new ON DUPLICATE KEY UPDATE `at` = GREATEST(`t`.`at`, new.`at`)"),
        ("sqlite", False, "ON CONFLICT (`sn`) DO UPDATE SET `at` = GREATEST(`t`.`at`, excluded.`at`)"),
    ],
)
def test_each_database_is_told_of_a_taken_key_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch, vendor: str, mariadb: bool, statement: str
) -> None:
    executed: list[str] = []

    class Cursor:
        def __enter__(self) -> "Cursor":
            return self

        def __exit__(self, *args: object) -> None: ...

        def execute(self, sql: str, parameters: Any) -> None:
            executed.append(sql)

    ops = SimpleNamespace(quote_name=lambda name: f"`{name}`")
    fake = SimpleNamespace(vendor=vendor, mysql_is_mariadb=mariadb, ops=ops, cursor=Cursor)
    monkeypatch.setattr(rows, "connection", fake)
    Table("t", ("sn", "at"), ("sn",)).insert_or([("A", 1)], {"at": "GREATEST({old.at}, {new.at})"})
    assert executed == [f"INSERT INTO `t` (`sn`, `at`) VALUES (%s, 1) {statement}"]
    assert "IGNORE" not in executed[0]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (datetime(2026, 9, 2, 17), "2026-09-02 17:00:00"),
        (date(2026, 9, 2), "2026-09-02"),
        (Decimal("1.50"), 1.5),
        (7, 7),
        ("x", "x"),
        (None, None),
    ],
)
def test_a_database_value_is_compared_as_python_holds_it(value: Any, shown: Any) -> None:
    assert plain(value) == shown
