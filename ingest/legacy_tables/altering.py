"""The columns of a table: those that are missing, those that can not hold what is written, those that stop inserts."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from ingest.legacy_tables import columns as judging
from ingest.legacy_tables.expected import Expected
from ingest.legacy_tables.finding import Finding, quote
from ingest.legacy_tables.found import Found

# Ours and NOT NULL, but written by every insert: rows from before may lack them.
OPTIONAL = {"create_time", "update_time", "upload_method", "is_deleted", "alert_status", "alert_desc"}


def columns(expected: Expected, there: Found) -> Iterator[Finding]:
    """One finding for all that SQL can mend, as one statement where the database can: each MODIFY of a large table
    copies it. And one for each column that a person must mend."""
    changes = [*_ours(expected, there), *_of_others(expected, there)]
    for text, clause in changes:
        if not clause:
            yield Finding(expected.table, "column", [text])
    if clauses := [clause for _text, clause in changes if clause]:
        texts = [text for text, clause in changes if clause]
        yield Finding(expected.table, "columns", texts, _alter(expected.table, clauses))


def _ours(expected: Expected, there: Found) -> Iterator[tuple[str, str]]:
    """What is wrong with each column that is written, and the clause that mends it, empty when none can."""
    for name, field in expected.fields.items():
        if name not in there.columns:
            clause = f"ADD COLUMN {quote(name)} {_addition(field)}" if _can_be_added(field) else ""
            yield _("column %s is missing") % name, clause
        elif need := judging.judge(field, there.columns[name]):
            clause = f"MODIFY COLUMN {quote(name)} {need.definition}" if need.definition else ""
            yield _("column %(name)s %(reasons)s") % {"name": name, "reasons": "; ".join(need.reasons)}, clause


def _of_others(expected: Expected, there: Found) -> Iterator[tuple[str, str]]:
    """Columns that are not written and do not fill themselves."""
    for column in there.columns.values():
        if column.name not in expected.fields and not column.fills_itself:
            text = _("column %s is not ours, NOT NULL and without a default: every insert would fail") % column.name
            clause = f"MODIFY COLUMN {quote(column.name)} {judging.freed(column)}"
            yield text, clause if connection.vendor == "mysql" else ""


def _alter(table: str, clauses: list[str]) -> list[str]:
    if connection.vendor == "mysql":
        return [f"ALTER TABLE {quote(table)} " + ", ".join(clauses)]
    return [f"ALTER TABLE {quote(table)} {clause}" for clause in clauses]


def _can_be_added(field: Any) -> bool:
    """Whether the rows that are there can do without: an id or a part of the natural key they can not."""
    return not field.primary_key and (field.null or field.column in OPTIONAL)


def _addition(field: Any) -> str:
    parameters = field.db_parameters(connection)
    type_ = parameters["type"]
    if connection.vendor == "mysql" and type_.startswith(("varchar", "longtext")):
        type_ += " CHARACTER SET utf8mb4" + (
            f" COLLATE {parameters['collation']}" if parameters.get("collation") else ""
        )
    if not field.has_default():
        return f"{type_} NULL"
    default = field.get_default()
    literal = str(int(default)) if isinstance(default, bool) else f"'{default}'"
    return f"{type_} NOT NULL DEFAULT {literal}"
