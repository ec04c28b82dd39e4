"""Carrying out what was found, one statement after the other; it stops at the first that fails."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import Error, connection
from django.db.migrations.recorder import MigrationRecorder

from ingest.legacy_tables import duplicates
from ingest.legacy_tables.expected import APP
from ingest.legacy_tables.finding import Finding


class NotApplied(Exception):
    """Raised when a statement failed: what went before it is done, what comes after is not."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done: statements carried out, rows moved to side tables, findings left for a person."""

    statements: int
    moved: int
    left: list[Finding]


def apply(
    findings: list[Finding], *, migration: str, quarantine: bool, told: Callable[[str], None] = lambda sql: None
) -> Applied:
    """Mend `findings` in order. `told` hears each statement before it is carried out. Duplicates are moved only with
    `quarantine`; without it their table's unique key is left. The migration is recorded last, when nothing is left.
    Raises NotApplied."""
    done = moved = 0
    left: list[Finding] = []
    for finding in findings:
        if finding.note or finding.what == "not recorded":
            continue
        blocked = finding.what == "unique key" and any(_blocks(other, finding) for other in left)
        if not finding.sql or blocked or (finding.duplicates and not quarantine):
            left.append(finding)
            continue
        if finding.expected is not None and finding.duplicates:
            for statement in finding.sql:
                told(statement)
            moved += _move(finding)
            continue
        for statement in finding.sql:
            told(statement)
            _execute(statement, finding)
            done += 1
    if not left:
        recorder = MigrationRecorder(connection)
        recorder.ensure_schema()
        if (APP, migration) not in recorder.applied_migrations():
            recorder.record_applied(APP, migration)
    return Applied(done, moved, left)


def _blocks(other: Finding, finding: Finding) -> bool:
    return other.table == finding.table and other.duplicates is not None


def _move(finding: Finding) -> int:
    assert finding.expected is not None  # noqa: S101 - duplicates come with their table
    try:
        return sum(duplicates.quarantine(finding.expected))
    except (Error, duplicates.Mismatch) as error:
        raise NotApplied(f"{finding.table}: {error}") from error


def _execute(statement: str, finding: Finding) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except Error as error:
        raise NotApplied(f"{finding.table}: {error}") from error
