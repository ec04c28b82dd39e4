"""Rows that share a natural key: counted, shown, and, when asked, moved to a side table. Nothing is ever lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from ingest.legacy_tables.columns import BYTEWISE
from ingest.legacy_tables.expected import Expected
from ljwx.fields import BytewiseCharField

SAMPLES = 5
CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Duplicates:
    """How many keys have more than one row, how many rows are too many, and some of the keys, serials masked."""

    keys: int
    surplus: int
    samples: list[str]


class Mismatch(Exception):
    """Raised when a copy is not what was to be moved: its transaction is rolled back, nothing was moved."""


def side_table(expected: Expected) -> str:
    """Where the rows of `expected` are moved to."""
    return f"{expected.table}_duplicates"


def look(expected: Expected) -> Duplicates | None:
    """The duplicates of a table by its natural key, as its unique key would compare; None when there are none."""
    groups = (
        f"SELECT COUNT(*) AS n, {_aliased(expected)} FROM {_quote(expected.table)}"  # noqa: S608
        f" WHERE {_known(expected)} GROUP BY {', '.join(_key(expected))} HAVING COUNT(*) > 1"
    )
    (keys, surplus), *_ = _rows(f"SELECT COUNT(*), COALESCE(SUM(n - 1), 0) FROM ({groups}) AS found")  # noqa: S608
    if not keys:
        return None
    rows = _rows(f"{groups} ORDER BY n DESC LIMIT {SAMPLES}")
    samples = [f"{_shown(expected, values)} ×{count}" for count, *values in rows]
    return Duplicates(int(keys), int(surplus), samples)


def _shown(expected: Expected, values: list[Any]) -> str:
    serials = _serials(expected)
    pairs = zip(expected.key, values, strict=True)
    return ", ".join(mask(value) if column in serials else str(value) for column, value in pairs)


def mask(serial: Any) -> str:
    """A serial that can be told from others but not used: its ends."""
    text = str(serial)
    return f"{text[:2]}…{text[-3:]}" if len(text) > 6 else f"{text[:1]}…"


def statements(expected: Expected) -> list[str]:
    """What `quarantine` does, for people: the ids are chosen in chunks."""
    side, table = _quote(side_table(expected)), _quote(expected.table)
    return [
        f"CREATE TABLE IF NOT EXISTS {side} AS SELECT * FROM {table} WHERE 1 = 0",  # noqa: S608
        f"INSERT INTO {side} SELECT * FROM {table} WHERE id IN (…)",  # noqa: S608
        f"DELETE FROM {table} WHERE id IN (…)",  # noqa: S608
    ]


def quarantine(expected: Expected) -> Iterator[int]:
    """Move all but one row of each key to the side table; yields after each chunk how many. Raises Mismatch.

    The first row stays, of devices the newest state. A chunk is copied in full, counted and removed in one
    transaction, so that every row is in exactly one of the two tables whenever the process dies.
    """
    with connection.cursor() as cursor:
        cursor.execute(statements(expected)[0])
    surplus = _surplus(expected)
    for start in range(0, len(surplus), CHUNK):
        ids = surplus[start : start + CHUNK]
        _move(expected, ids)
        yield len(ids)


def _surplus(expected: Expected) -> list[int]:
    stays = "timestamp DESC, id" if expected.key == ("serial_number",) else "id"
    ranked = (
        f"SELECT id, ROW_NUMBER() OVER (PARTITION BY {', '.join(_key(expected))} ORDER BY {stays}) AS place"  # noqa: S608
        f" FROM {_quote(expected.table)} WHERE {_known(expected)}"
    )
    return [row[0] for row in _rows(f"SELECT id FROM ({ranked}) AS ranked WHERE place > 1 ORDER BY id")]  # noqa: S608


def _move(expected: Expected, ids: list[int]) -> None:
    side, table = _quote(side_table(expected)), _quote(expected.table)
    with connection.cursor() as cursor:
        columns = ", ".join(
            _quote(info.name) for info in connection.introspection.get_table_description(cursor, expected.table)
        )
    place = f"({', '.join(['%s'] * len(ids))})"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {side} ({columns}) SELECT {columns} FROM {table} WHERE id IN {place}", ids)  # noqa: S608
        copied = cursor.rowcount
        cursor.execute(f"DELETE FROM {table} WHERE id IN {place}", ids)  # noqa: S608
        if not copied == cursor.rowcount == len(ids):
            raise Mismatch(f"{len(ids)} rows to move, {copied} copied, {cursor.rowcount} removed")


def _serials(expected: Expected) -> set[str]:
    return {name for name, field in expected.fields.items() if isinstance(field, BytewiseCharField)}


def _key(expected: Expected) -> list[str]:
    """The key's columns as the unique key will compare them: serials byte by byte, whatever they are now."""
    return [_bytewise(column) if column in _serials(expected) else _quote(column) for column in expected.key]


def _known(expected: Expected) -> str:
    """A unique key lets rows with a NULL in it be."""
    return " AND ".join(f"{_quote(column)} IS NOT NULL" for column in expected.key)


def _bytewise(column: str) -> str:
    if connection.vendor == "mysql":
        return f"CONVERT({_quote(column)} USING utf8mb4) COLLATE {BYTEWISE}"
    return f"{_quote(column)} COLLATE BINARY"


def _aliased(expected: Expected) -> str:
    return ", ".join(f"MIN({sql}) AS k{place}" for place, sql in enumerate(_key(expected)))


def _quote(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
