"""Health readings → `t_user_health_data`, and their nested data → the day's and the week's row."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from ingest import times
from ingest.owners import IDS, agree, ids
from ingest.records import Health
from ingest.rows import Table
from ingest.writers.bindings import Bindings
from ingest.writers.clock import now_text
from ingest.writers.keep import keep_first
from streaming.registry import Key, Written

# What was measured: two readings of one second with other values here are a conflict. How it travelled is not.
MEASURED = (
    "heart_rate", "blood_oxygen", "temperature", "pressure_high", "pressure_low", "stress", "step",
    "distance", "calorie", "latitude", "longitude", "altitude",
)  # fmt: skip
READINGS = Table(
    "t_user_health_data",
    ("device_sn", "timestamp", *MEASURED, "sleep", "upload_method", *IDS, "is_deleted", "create_time",
     "update_time"),
    ("device_sn", "timestamp"),
)  # fmt: skip

# record field → (column, column of the reading's time)
DAY_COLUMNS = {
    "sleep_data": ("sleep_data", "sleep_at"),
    "exercise_daily_data": ("exercise_daily_data", "exercise_daily_at"),
    "workout_data": ("workout_data", "workout_at"),
    "scientific_sleep_data": ("scientific_sleep_data", "scientific_sleep_at"),
}
WEEK_COLUMNS = {"exercise_week_data": ("exercise_week_data", "exercise_week_at")}


def _flat(columns: dict[str, tuple[str, str]]) -> tuple[str, ...]:
    return tuple(column for pair in columns.values() for column in pair)


def _nested(name: str, period: str, columns: dict[str, tuple[str, str]]) -> Table:
    key = ("device_sn", period)
    return Table(name, (*key, *_flat(columns), "create_time", "update_time"), key)


DAYS = _nested("t_user_health_data_daily", "date", DAY_COLUMNS)
WEEKS = _nested("t_user_health_data_weekly", "week_start", WEEK_COLUMNS)

_measured = attrgetter(*MEASURED)


def key(record: Health) -> Key:
    """The natural key as the table holds it."""
    return (record.device_sn, times.local_text(record.timestamp))


def same(record: Health, held: Sequence[Any]) -> bool:
    """Whether a row (MEASURED, then ids) holds the values of `record`."""
    owner = dict(zip(IDS, held[len(MEASURED) :], strict=True))
    return _measured(record) == tuple(held[: len(MEASURED)]) and agree(record, owner)


def write(records: Sequence[Health], shadow: bool = False) -> Written:
    """Store readings and their nested data in the caller's transaction; idempotent."""
    now, known = now_text(), Bindings(records)
    kept = keep_first(
        READINGS.of(shadow),
        "health",
        records,
        key=key,
        row=lambda record: (
            *key(record),
            *_measured(record),
            record.sleep,
            record.upload_method,
            *ids(known.fill(record)),
            False,
            now,
            now,
        ),
        compared=(*MEASURED, *IDS),
        values=lambda record: (*_measured(record), *ids(known.fill(record))),
        same=same,
    )
    _write_nested(DAYS.of(shadow), times.local_date, DAY_COLUMNS, kept.stored, now)
    _write_nested(WEEKS.of(shadow), times.monday, WEEK_COLUMNS, kept.stored, now)
    return kept.written


def _write_nested(
    table: Table, period_of: Any, columns: dict[str, tuple[str, str]], records: Sequence[Health], now: str
) -> None:
    """Per column the later reading wins, whatever the order of arrival; at the same time the first stays."""
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for record in records:
        for field, (column, at) in columns.items():
            if (content := getattr(record, field)) is not None:
                row = newest.setdefault((record.device_sn, period_of(record.timestamp).isoformat()), {})
                if record.timestamp > row.get(at, -1):
                    row[column], row[at] = content, record.timestamp
    if not newest:
        return
    pairs = list(columns.values())
    flat = _flat(columns)
    newer = "{{new.{at}}} IS NOT NULL AND ({{old.{at}}} IS NULL OR {{new.{at}}} > {{old.{at}}})"
    assignments = {}
    for column, at in pairs:
        test = newer.format(at=at)
        assignments[column] = f"CASE WHEN {test} THEN {{new.{column}}} ELSE {{old.{column}}} END"
        assignments[at] = f"CASE WHEN {test} THEN {{new.{at}}} ELSE {{old.{at}}} END"
    assignments["update_time"] = "{new.update_time}"
    table.insert_or(
        [(*found, *(row.get(column) for column in flat), now, now) for found, row in sorted(newest.items())],
        assignments,
    )
