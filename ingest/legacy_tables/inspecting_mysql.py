"""Looking at a table of MySQL or MariaDB, through information_schema."""

import re
from typing import Any

from django.db import connection

from ingest.legacy_tables.found import Column, Found, Index

TABLE = """
SELECT TABLE_TYPE, ENGINE FROM information_schema.TABLES
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s
"""
COLUMNS = """
SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, CHARACTER_MAXIMUM_LENGTH, CHARACTER_SET_NAME,
    COLLATION_NAME, COLUMN_COMMENT, EXTRA FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s ORDER BY ORDINAL_POSITION
"""
INDEXES = """
SELECT INDEX_NAME, COLUMN_NAME, NON_UNIQUE, SUB_PART FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s ORDER BY INDEX_NAME, SEQ_IN_INDEX
"""
FOREIGN_KEYS = """
SELECT CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS
WHERE CONSTRAINT_TYPE = 'FOREIGN KEY' AND TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s
"""
TRIGGERS = """
SELECT TRIGGER_NAME FROM information_schema.TRIGGERS
WHERE EVENT_OBJECT_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = %s
"""


def inspect(table: str) -> Found:
    """What `table` is."""
    kind, engine = _rows(TABLE, table)[0]
    columns = [_column(*row) for row in _rows(COLUMNS, table)]
    parts: dict[str, list[tuple[Any, ...]]] = {}
    for name, *part in _rows(INDEXES, table):
        parts.setdefault(name, []).append(tuple(part))
    return Found(
        is_table=kind == "BASE TABLE",
        engine=engine or "",
        columns={column.name: column for column in columns},
        indexes=[
            Index(
                name,
                tuple(column for column, _not_unique, _cut in rows),
                unique=not rows[0][1],
                whole=all(cut is None for _column, _not_unique, cut in rows),
            )
            for name, rows in parts.items()
        ],
        foreign_keys=[row[0] for row in _rows(FOREIGN_KEYS, table)],
        triggers=[row[0] for row in _rows(TRIGGERS, table)],
    )


def charset() -> str:
    """The character set that new tables get."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@character_set_database")
        return str(cursor.fetchone()[0])


def _column(
    name: str,
    type_: Any,
    null: str,
    default: Any,
    length: int | None,
    charset: str | None,
    collation: str | None,
    comment: str,
    extra: str,
) -> Column:
    return Column(
        name=name,
        type=_text(type_),
        nullable=null == "YES",
        default=_default(default, extra.lower()),
        length=length,
        charset=charset,
        collation=collation,
        comment=_text(comment),
        extra=extra.lower(),
    )


def _default(value: Any, extra: str) -> str | None:
    """The default as SQL: MariaDB reports SQL, MySQL the bare value."""
    is_mariadb = getattr(connection, "mysql_is_mariadb", False)
    if value is None or (is_mariadb and value == "NULL"):
        return None
    found = _text(value)
    if is_mariadb or "default_generated" in extra or re.match(r"(?i)current_timestamp|b'", found):
        return found
    return "'" + found.replace("\\", "\\\\").replace("'", "''") + "'"


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _rows(sql: str, table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [table])
        return list(cursor.fetchall())
