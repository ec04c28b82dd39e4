"""Health readings → `t_user_health_data`, and their nested data → the day's and the week's row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
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


@dataclass(frozen=True, slots=True)
class Period:
    """A table of nested data: `starts` is the date under which a reading's stands in its column `start`; `columns` has
    by field of the record its column and that of the reading's time."""

    name: str
    start: str
    starts: Callable[[int], date]
    columns: Mapping[str, tuple[str, str]]

    @property
    def flat(self) -> list[str]:
        return [column for pair in self.columns.values() for column in pair]

    @property
    def table(self) -> Table:
        key = ("device_sn", self.start)
        return Table(self.name, (*key, *self.flat, "create_time", "update_time"), key)

    def key(self, record: Health) -> Key:
        """The natural key of a reading's row."""
        return (record.device_sn, self.starts(record.timestamp).isoformat())


DAY = Period(
    "t_user_health_data_daily",
    "date",
    times.local_date,
    {
        "sleep_data": ("sleep_data", "sleep_at"),
        "exercise_daily_data": ("exercise_daily_data", "exercise_daily_at"),
        "workout_data": ("workout_data", "workout_at"),
        "scientific_sleep_data": ("scientific_sleep_data", "scientific_sleep_at"),
    },
)
WEEK = Period(
    "t_user_health_data_weekly",
    "week_start",
    times.monday,
    {"exercise_week_data": ("exercise_week_data", "exercise_week_at")},
)
PERIODS = (DAY, WEEK)


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
    for period in PERIODS:
        _write_nested(period, kept.stored, now, shadow=shadow)
    return kept.written


def _write_nested(period: Period, records: Sequence[Health], now: str, *, shadow: bool) -> None:
    """Per column the later reading wins, whatever the order of arrival; at the same time the first stays."""
    newest: dict[Key, dict[str, Any]] = {}
    for record in records:
        for field, (column, at) in period.columns.items():
            if (content := getattr(record, field)) is not None:
                row = newest.setdefault(period.key(record), {})
                if record.timestamp > row.get(at, -1):
                    row[column], row[at] = content, record.timestamp
    if not newest:
        return
    pairs = list(period.columns.values())
    flat = period.flat
    newer = "{{new.{at}}} IS NOT NULL AND ({{old.{at}}} IS NULL OR {{new.{at}}} > {{old.{at}}})"
    assignments = {}
    for column, at in pairs:
        test = newer.format(at=at)
        assignments[column] = f"CASE WHEN {test} THEN {{new.{column}}} ELSE {{old.{column}}} END"
        assignments[at] = f"CASE WHEN {test} THEN {{new.{at}}} ELSE {{old.{at}}} END"
    assignments["update_time"] = "{new.update_time}"
    period.table.of(shadow).insert_or(
        [(*found, *(row.get(column) for column in flat), now, now) for found, row in sorted(newest.items())],
        assignments,
    )
