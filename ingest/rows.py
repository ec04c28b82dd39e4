"""Many rows in one statement, on SQLite, MariaDB and MySQL 8, with the driver's own parameter binding."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any

from django.db import connection

Row = Sequence[Any]
MOST_PARAMETERS = 30_000
# MariaDB turns an IN list of 1,000 and more into a temporary table, and leaves the index.
MOST_KEYS = 900


@dataclass(frozen=True, slots=True)
class Table:
    """A table, the columns that are written, and its natural key: a unique constraint of the database."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    def insert_new(self, rows: Sequence[Row]) -> None:
        """Insert `rows`; one whose key is taken changes nothing. Any other fault is an error: never INSERT IGNORE,
        which stored heart rate 999 as 255. Sort `rows` by key: unsorted concurrent upserts die in deadlocks."""
        own = connection.ops.quote_name(self.key[0])
        self._insert(rows, f"{own} = {own}" if connection.vendor == "mysql" else "")

    def insert_or(self, rows: Sequence[Row], assignments: dict[str, str]) -> None:
        """Insert `rows`; where the key is taken set each column to its SQL, in which `{old.x}` is the column of the
        row and `{new.x}` that of the insert. MySQL assigns from left to right: a compared column comes last."""
        old, new = _Names(connection.ops.quote_name(self.name) + "."), self._new()
        self._insert(
            rows,
            ", ".join(
                f"{connection.ops.quote_name(column)} = {sql.format(old=old, new=new)}"
                for column, sql in assignments.items()
            ),
        )

    def select(self, columns: Sequence[str], keys: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
        """`columns` of the rows with these keys, values as Python holds them (no Decimal), times as text."""
        quote = connection.ops.quote_name
        wanted = ", ".join(quote(column) for column in columns)
        place = f"({', '.join(['%s'] * len(self.key))})"
        for part in _parts(list(keys), len(self.key), MOST_KEYS):
            values = ", ".join([place] * len(part))
            values = f"({values})" if connection.vendor == "mysql" else f"(VALUES {values})"
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT {wanted} FROM {quote(self.name)} WHERE"  # noqa: S608 - names are our own
                    f" ({', '.join(quote(column) for column in self.key)}) IN {values}",
                    list(chain.from_iterable(part)),
                )
                for row in cursor.fetchall():
                    yield tuple(plain(value) for value in row)

    def _insert(self, rows: Sequence[Row], update: str) -> None:
        quote = connection.ops.quote_name
        columns = ", ".join(quote(column) for column in self.columns)
        place = f"({', '.join(['%s'] * len(self.columns))})"
        for part in _parts(rows, len(self.columns)):
            with connection.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO {quote(self.name)} ({columns}) VALUES"  # noqa: S608 - names are our own
                    f" {', '.join([place] * len(part))}{self._on_taken(update)}",
                    list(chain.from_iterable(part)),
                )

    def _on_taken(self, update: str) -> str:
        if connection.vendor == "mysql":
            alias = "" if _is_mariadb() else " AS new"
            return f"{alias} ON DUPLICATE KEY UPDATE {update}"
        key = ", ".join(connection.ops.quote_name(column) for column in self.key)
        return f" ON CONFLICT ({key}) DO " + (f"UPDATE SET {update}" if update else "NOTHING")

    def _new(self) -> "_Names":
        if connection.vendor != "mysql":
            return _Names("excluded.")
        return _Names("VALUES(", ")") if _is_mariadb() else _Names("new.")


class _Names:
    """`{new.x}` in a format string as the database spells it."""

    def __init__(self, before: str, after: str = "") -> None:
        self._before, self._after = before, after

    def __getattr__(self, column: str) -> str:
        return f"{self._before}{connection.ops.quote_name(column)}{self._after}"


def _is_mariadb() -> bool:
    return bool(getattr(connection, "mysql_is_mariadb", False))


def _parts(rows: Sequence[Row], width: int, most: int = MOST_PARAMETERS) -> Iterator[Sequence[Row]]:
    size = max(1, min(most, MOST_PARAMETERS // width))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def plain(value: Any) -> Any:
    """A database value for comparing: times and dates as ISO text, Decimal as float."""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
