"""One thing that stands between an existing database and this project, with the SQL that mends it."""

from dataclasses import dataclass, field

from django.db import connection

from ingest.legacy_tables.duplicates import Duplicates
from ingest.legacy_tables.expected import Expected


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. `sql` in order; without any a person must do it. `note`: nothing to mend, but to be known.
    `duplicates`: rows that block the unique key of `expected` until they are moved."""

    table: str
    what: str
    text: list[str]
    sql: list[str] = field(default_factory=list)
    note: bool = False
    duplicates: Duplicates | None = None
    expected: Expected | None = None


def quote(name: str) -> str:
    """A name as the database wants it in SQL."""
    return str(connection.ops.quote_name(name))
