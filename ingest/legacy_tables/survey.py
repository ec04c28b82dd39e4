"""What stands between an existing database and this project, in the order in which it must be mended."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from ingest.legacy_tables import altering, inspecting, keys
from ingest.legacy_tables.expected import Expected, Target
from ingest.legacy_tables.finding import Finding, quote
from ingest.legacy_tables.found import Found

Told = Callable[[str], None]


def survey(target: Target, *, told: Told = lambda text: None) -> list[Finding]:
    """Everything between the database and `target`, in the order in which it must be mended. Empty when it is ready,
    and when it has no record table at all, for then `migrate` makes them. `told` hears what takes long."""
    present = inspecting.names()
    if not target.recorded and not any(expected.table in present for expected in target.tables):
        return []
    findings = list(_database())
    for expected in target.tables:
        if expected.table not in present:
            findings.append(Finding(expected.table, "missing table", [_("is missing")], _create(expected.model)))
            continue
        told(expected.table)
        findings += _table(expected, inspecting.inspect(expected.table))
    if not target.recorded:
        text = _("migrate would make these tables again: %s is not recorded") % target.migration
        findings.append(Finding("django_migrations", "not recorded", [text]))
    return findings


def _database() -> Iterator[Finding]:
    charset = inspecting.charset()
    if charset and charset != "utf8mb4":
        name = quote(connection.settings_dict["NAME"])
        text = _("new tables would get character set %s, which can not hold every text") % charset
        yield Finding(
            connection.settings_dict["NAME"], "database", [text], [f"ALTER DATABASE {name} CHARACTER SET utf8mb4"]
        )


def _create(model: Any) -> list[str]:
    with connection.schema_editor(collect_sql=True) as editor:
        editor.create_model(model)
    return [str(statement).rstrip(";") for statement in editor.collected_sql]


def _table(expected: Expected, there: Found) -> Iterator[Finding]:
    if not there.is_table:
        yield Finding(expected.table, "view", [_("is a view: rows can not be kept in it")])
        return
    if there.engine and there.engine.lower() != "innodb":
        text = _("engine %s has no transactions: what is acknowledged could be lost") % there.engine
        yield Finding(expected.table, "engine", [text], [f"ALTER TABLE {quote(expected.table)} ENGINE = InnoDB"])
    yield from altering.columns(expected, there)
    yield from keys.of_others(expected, there)
    yield from keys.natural(expected, there)
    yield from keys.plain(expected, there)
    if zoned := [name for name in expected.fields if name in there.columns and there.columns[name].base == "timestamp"]:
        text = _("TIMESTAMP follows each session's time zone, DATETIME does not: %s") % ", ".join(zoned)
        yield Finding(expected.table, "time zone", [text], note=True)
    for what, names in (("foreign key", there.foreign_keys), ("trigger", there.triggers)):
        for name in names:
            text = _("%s: a record that it refuses becomes a dead letter") % name
            yield Finding(expected.table, what, [text], note=True)
