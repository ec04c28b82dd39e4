"""Looking at a table of SQLite, through its pragmas."""

import re
from typing import Any

from django.db import connection

from ingest.legacy_tables.found import Column, Found, Index


def inspect(table: str) -> Found:
    """What `table` is."""
    quoted = connection.ops.quote_name(table)
    kind, sql = _rows("SELECT type, sql FROM sqlite_master WHERE name = %s AND type IN ('table', 'view')", (table,))[0]
    columns = []
    for _place, name, type_, not_null, default, primary, *_hidden in _rows(f"PRAGMA table_info({quoted})"):
        length = re.search(r"\((\d+)\)", type_)
        columns.append(
            Column(
                name,
                type_.lower(),
                nullable=not not_null,
                default=default,
                length=int(length.group(1)) if length else None,
                collation=_collation(name, sql),
                # Only a column declared INTEGER PRIMARY KEY numbers its rows by itself.
                extra="auto_increment" if primary and type_.lower() == "integer" else "",
            )
        )
    indexes = [
        Index(
            name, tuple(row[2] for row in _rows(f"PRAGMA index_info({connection.ops.quote_name(name)})")), bool(unique)
        )
        for _seq, name, unique, _origin, partial in _rows(f"PRAGMA index_list({quoted})")
        if not partial
    ]
    triggers = _rows("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", (table,))
    return Found(
        kind == "table", "", {column.name: column for column in columns}, indexes, [], [t[0] for t in triggers]
    )


def _collation(column: str, sql: str) -> str | None:
    """The collation a column was declared with: no pragma tells it."""
    found = re.search(rf"\b{re.escape(column)}\b[^,]*?\bCOLLATE\W+(\w+)", sql, re.IGNORECASE)
    return found.group(1) if found else None


def _rows(sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
