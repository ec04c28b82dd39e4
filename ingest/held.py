"""What the record tables hold, for those who check: read as the writers read it, compared by the writers' own rule."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from ingest import fading, newest, times
from ingest.nested import newest_nested
from ingest.owners import IDS, ids
from ingest.records import Device
from ingest.rows import Table, plain
from ingest.writers import device, event, health
from streaming.registry import Key, Record
from streaming.rows import Difference, Held, Mirrored, Rows

# A second off; and the hours between Shanghai and UTC, which a mistaken zone makes.
SHIFTS_S = (-1, 1, -times.OFFSET_S, times.OFFSET_S)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads `columns` of a table with the time of writing."""

    table: Table
    columns: tuple[str, ...]

    def __call__(self, keys: Sequence[Key]) -> Mapping[Key, Sequence[Held]]:
        width, wanted = len(self.table.key), set(keys)
        found: dict[Key, list[Held]] = {}
        for row in self.table.select((*self.table.key, *self.columns, "create_time"), sorted(wanted)):
            if (key := tuple(row[:width])) in wanted:
                found.setdefault(key, []).append(Held(tuple(row[width:-1]), _written(row[-1])))
        return found


def _written(text: str | None) -> int | None:
    return None if text is None else times.epoch_of(text)


def _beside(key: Callable[[Any], Key]) -> Callable[[Record], Sequence[Key]]:
    def keys(record: Record) -> Sequence[Key]:
        moved = [record.timestamp + shift for shift in SHIFTS_S]
        return [
            key(msgspec.structs.replace(record, timestamp=each))
            for each in moved
            if times.EARLIEST <= each < times.LATEST
        ]

    return keys


def newest_states(records: Sequence[Device]) -> Mapping[Key, Sequence[Difference]]:
    """The newest history of these devices whose device row is missing, older, or of that time with another state.

    A device row that is newer than any history is not looked at: it may be from before there was one.
    """
    serials = sorted({record.serial_number for record in records})
    if not serials:
        return {}
    quote = connection.ops.quote_name
    columns = ("timestamp", *device.STATE)
    wanted = ", ".join(f"{table}.{quote(column)}" for table in ("h", "d") for column in columns)
    places = ", ".join(["%s"] * len(serials))
    history, devices = quote(device.HISTORY.name), quote(device.DEVICES.name)
    # One statement: the two tables are read at one moment.
    sql = (
        f"SELECT h.serial_number, {wanted} FROM (SELECT serial_number, MAX({quote('timestamp')}) AS newest"  # noqa: S608
        f" FROM {history} WHERE serial_number IN ({places}) GROUP BY serial_number) AS n"
        f" JOIN {history} AS h ON h.serial_number = n.serial_number AND h.{quote('timestamp')} = n.newest"
        f" LEFT JOIN {devices} AS d ON d.serial_number = h.serial_number"
    )
    found: dict[Key, Sequence[Difference]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, serials)
        for serial, *values in cursor.fetchall():
            state = [plain(value) for value in values]
            newest, present = state[: len(columns)], state[len(columns) :]
            if present[0] is not None and present[0] > newest[0]:
                continue
            if differing := [
                Difference(f"{device.DEVICES.name}.{column}", mine, theirs)
                for column, mine, theirs in zip(columns, newest, present, strict=True)
                if mine != theirs
            ]:
                found[(serial, newest[0])] = differing
    return found


def _mirrored(table: Table, columns: tuple[str, ...], prune: Callable[[datetime, int], int]) -> Mirrored:
    return Mirrored(
        columns=columns,
        legacy=_Reader(table, columns),
        shadow=_Reader(table.of(True), columns),
        filled=frozenset(IDS),
        prune=prune,
    )


_HEALTH = (*health.MEASURED, *IDS)
HEALTH = Rows(
    columns=_HEALTH,
    fetch=_Reader(health.READINGS, _HEALTH),
    same=health.same,
    values=lambda record: (*(getattr(record, name) for name in health.MEASURED), *ids(record)),
    beside=_beside(health.key),
    newest=newest.health,
    time=lambda key: times.epoch_of(key[1]),
    current=newest_nested,
)

_DEVICE = (*device.STATE, *IDS)
DEVICE = Rows(
    columns=_DEVICE,
    fetch=_Reader(device.HISTORY, _DEVICE),
    same=device.same,
    values=lambda record: (*(getattr(record, name) for name in device.STATE), *ids(record)),
    beside=_beside(device.key),
    newest=newest.device,
    time=lambda key: times.epoch_of(key[1]),
    current=newest_states,
)

# The key holds the digest of a value alone.
_EVENT = (*event.POSITION, *IDS, "event_value")
EVENT = Rows(
    columns=_EVENT,
    fetch=_Reader(event.EVENTS, _EVENT),
    same=lambda record, held: event.same(record, held[:-1]) and record.event_value == held[-1],
    values=lambda record: (*(getattr(record, name) for name in event.POSITION), *ids(record), record.event_value),
    beside=_beside(event.key),
    newest=newest.event,
    time=lambda key: times.epoch_of(key[2]),
    parts=lambda record: [("health", reading) for reading in record.health],
)

# Whatever the writers put into a row but the time of writing.
MIRRORED_HEALTH = _mirrored(health.READINGS, (*_HEALTH, "sleep", "upload_method"), fading.health)
MIRRORED_DEVICE = _mirrored(device.HISTORY, _DEVICE, fading.device)
MIRRORED_EVENT = _mirrored(event.EVENTS, _EVENT, fading.event)
