"""Many rows in one statement, on SQLite, MariaDB and MySQL 8."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from ingest.times import Plain
from ljwx.portions import ROW, portions

Row = Sequence[Any]
# SQL and what is bound in it.
Written = tuple[str, list[Any]]
SHADOW = "_shadow"
# MariaDB turns an IN list of 1,000 and more into a temporary table, and leaves the index.
MOST_KEYS = 900
_AS_IS = {str, int, float, type(None)}


@dataclass(frozen=True, slots=True)
class Table:
    """A table, the columns that are written, and its natural key: a unique constraint of the database."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    def of(self, shadow: bool) -> "Table":
        """This table, or with `shadow` the one beside it with the same columns."""
        return replace(self, name=self.name + SHADOW) if shadow else self

    def insert(self, rows: Sequence[Row]) -> None:
        """Insert `rows`. Raises IntegrityError when a key is taken: then none of the statement is inserted."""
        self._insert(rows, "")

    def insert_new(self, rows: Sequence[Row]) -> None:
        """Insert `rows`; one whose key is taken changes nothing. Any other fault is an error: never INSERT IGNORE,
        which stored heart rate 999 as 255. Sort `rows` by key: unsorted concurrent upserts die in deadlocks."""
        own = connection.ops.quote_name(self.key[0])
        self._insert(rows, self._on_taken(f"{own} = {own}" if connection.vendor == "mysql" else ""))

    def insert_or(self, rows: Sequence[Row], assignments: dict[str, str]) -> None:
        """Insert `rows`; where the key is taken set each column to its SQL, in which `{old.x}` is the column of the
        row and `{new.x}` that of the insert. MySQL assigns from left to right: a compared column comes last."""
        old, new = _Names(connection.ops.quote_name(self.name) + "."), self._new()
        self._insert(
            rows,
            self._on_taken(
                ", ".join(
                    f"{connection.ops.quote_name(column)} = {sql.format(old=old, new=new)}"
                    for column, sql in assignments.items()
                )
            ),
        )

    def select(self, columns: Sequence[str], keys: Sequence[Row]) -> Iterator[tuple[Any, ...]]:
        """`columns` of the rows with these keys, by the index of the key; values as Python holds them (no Decimal),
        times as text."""
        for part in _parts(list(dict.fromkeys(map(tuple, keys))), MOST_KEYS):
            values, parameters = _joined(_written(part))
            with connection.cursor() as cursor:
                cursor.execute(self._select(columns, values), parameters)
                for row in cursor.fetchall():
                    yield tuple([value if type(value) in _AS_IS else plain(value) for value in row])

    def _select(self, columns: Sequence[str], keys: str) -> str:
        quote = connection.ops.quote_name
        table, wanted = quote(self.name), ", ".join(quote(column) for column in columns)
        own = [quote(column) for column in self.key]
        if connection.vendor == "mysql":
            return f"SELECT {wanted} FROM {table} WHERE ({', '.join(own)}) IN ({keys})"  # noqa: S608 - names are ours
        # SQLite looks for two rows and more that are IN a list by reading the whole table.
        equal = " AND ".join(f"{table}.{name} = k.column{place}" for place, name in enumerate(own, 1))
        return f"SELECT {wanted} FROM (VALUES {keys}) AS k CROSS JOIN {table} ON {equal}"  # noqa: S608

    def _insert(self, rows: Sequence[Row], suffix: str) -> None:
        quote = connection.ops.quote_name
        columns = ", ".join(quote(column) for column in self.columns)
        for part in portions(_written(rows), weigh=_weight):
            values, parameters = _joined(part)
            with connection.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO {quote(self.name)} ({columns}) VALUES {values}{suffix}",  # noqa: S608 - names are ours
                    parameters,
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


def _written(rows: Iterable[Row]) -> Iterator[Written]:
    """`(…)` of each row and its parameters. Text is bound by the driver; numbers and `Plain` text, which no input can
    shape, are written out: binding each costs MySQL's driver more than all the rest of a batch. SQLite reads one
    written number in a hundred thousand as its neighbour (3.40: 121.5650385886075), so there they are bound."""
    binds: set[type] = {str, float} if connection.vendor == "sqlite" else {str}
    for row in rows:
        parameters: list[Any] = []
        yield f"({', '.join([_literal(value, parameters, binds) for value in row])})", parameters


def _weight(written: Written) -> int:
    # SQLite takes a statement of any size, and binds numbers too.
    return ROW if connection.vendor == "sqlite" else ROW + sum(map(len, written[1]))


def _joined(written: Iterable[Written]) -> Written:
    """`(…), (…)` and its parameters."""
    texts: list[str] = []
    parameters: list[Any] = []
    for text, bound in written:
        texts.append(text)
        parameters += bound
    return ", ".join(texts), parameters


def _literal(value: Any, parameters: list[Any], binds: set[type]) -> str:
    kind = type(value)
    if value is None:
        return "NULL"
    if kind is Plain:
        return f"'{value}'"
    if kind is float and not math.isfinite(value):
        raise ValueError(f"{value} is no column value")
    if kind in binds:
        parameters.append(value)
        return "%s"
    if kind is float:
        text = repr(value)
        return text if "e" in text else f"{text}e0"
    if kind is int:
        return str(value)
    if kind is bool:
        return "1" if value else "0"
    raise ValueError(f"{kind.__name__} is no column value")


def _parts(rows: Sequence[Row], most: int) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), most):
        yield rows[start : start + most]


def _is_mariadb() -> bool:
    return bool(getattr(connection, "mysql_is_mariadb", False))


def plain(value: Any) -> Any:
    """A database value for comparing: times and dates as ISO text, Decimal as float."""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
