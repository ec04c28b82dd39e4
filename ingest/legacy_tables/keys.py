"""The keys of a table: the natural one that makes storing idempotent, those in its way, those for reading."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from ingest.legacy_tables import duplicates
from ingest.legacy_tables.expected import Expected
from ingest.legacy_tables.finding import Finding, quote
from ingest.legacy_tables.found import Found


def of_others(expected: Expected, there: Found) -> Iterator[Finding]:
    """Unique keys that two different records can share: an insert would then change or lose another's row."""
    for index in there.indexes:
        harmless = "id" in index.columns or (index.whole and set(expected.key) <= set(index.columns))
        if index.unique and not harmless:
            text = _("unique key %(name)s (%(columns)s) can be shared by different records: drop it or make it plain")
            yield Finding(
                expected.table,
                "unique key of others",
                [text % {"name": index.name, "columns": ", ".join(index.columns)}],
            )


def natural(expected: Expected, there: Found) -> Iterator[Finding]:
    if any(index.unique and index.whole and set(index.columns) == set(expected.key) for index in there.indexes):
        return
    known = all(column in there.columns for column in expected.key)
    surplus = duplicates.look(expected) if known and "id" in there.columns else None
    if surplus is not None:
        text = _("by (%(key)s): keys with more than one row: %(keys)d, rows too many: %(surplus)d") % {
            "keys": surplus.keys, "key": ", ".join(expected.key), "surplus": surplus.surplus,
        }  # fmt: skip
        yield Finding(
            expected.table,
            "duplicates",
            [text, *surplus.samples],
            duplicates.statements(expected),
            duplicates=surplus,
            expected=expected,
        )
    key = ", ".join(quote(column) for column in expected.key)
    taken = any(index.name.lower() == expected.key_name.lower() for index in there.indexes)
    name = f"{expected.key_name}_unique" if taken else expected.key_name
    yield Finding(
        expected.table,
        "unique key",
        [_("there is no unique key on (%s)") % ", ".join(expected.key)],
        [f"CREATE UNIQUE INDEX {quote(name)} ON {quote(expected.table)} ({key})"],
    )


def plain(expected: Expected, there: Found) -> Iterator[Finding]:
    for name, fields in expected.indexes.items():
        if not any(index.columns[: len(fields)] == fields for index in there.indexes):
            key = ", ".join(quote(column) for column in fields)
            sql = f"CREATE INDEX {quote(name)} ON {quote(expected.table)} ({key})"
            yield Finding(expected.table, "index", [_("there is no index on (%s)") % ", ".join(fields)], [sql])
