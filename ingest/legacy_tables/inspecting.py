"""Looking at a database: which tables it has, and what each is like."""

from django.db import connection

from ingest.legacy_tables import inspecting_mysql, inspecting_sqlite
from ingest.legacy_tables.found import Found


def names() -> set[str]:
    """Every table and view of the database."""
    with connection.cursor() as cursor:
        return {info.name for info in connection.introspection.get_table_list(cursor)}


def inspect(table: str) -> Found:
    """What `table` is."""
    if connection.vendor == "mysql":
        return inspecting_mysql.inspect(table)
    return inspecting_sqlite.inspect(table)


def charset() -> str:
    """The character set that new tables of this database get; empty where there is no choice."""
    return inspecting_mysql.charset() if connection.vendor == "mysql" else ""
