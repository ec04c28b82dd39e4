"""`manage.py prepare_legacy_tables`: make the record tables of an existing database fit for this project."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connection
from django.utils.translation import gettext as _
from rich.console import Console

from ingest.legacy_tables import applying, duplicates, expected, survey
from ingest.legacy_tables.finding import Finding


class Command(BaseCommand):
    help = (
        "Compare the record tables of the database with what this project needs: duplicates first, then columns, "
        "collations and keys, each with the SQL that mends it. Changes nothing without --apply; removes nothing ever. "
        "Example: manage.py prepare_legacy_tables, then with --apply. Exit 10 when there is something to mend."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="carry out the SQL, one statement after the other")
        parser.add_argument(
            "--quarantine-duplicates",
            action="store_true",
            help="with --apply: move all but the first row of each natural key to a side table, …_duplicates",
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        if options["quarantine_duplicates"] and not options["apply"]:
            raise CommandError(_("--quarantine-duplicates goes with --apply"), returncode=2)
        self.json = options["format"] == "json"
        findings = self._survey()
        if options["apply"]:
            self._apply(findings, quarantine=options["quarantine_duplicates"])
            return
        to_mend = [finding for finding in findings if not finding.note]
        self._report(findings, applied=False)
        if to_mend:
            raise SystemExit(10)

    def _survey(self) -> list[Finding]:
        if connection.vendor not in {"mysql", "sqlite"}:
            raise CommandError(_("only MySQL, MariaDB and SQLite are known here"), returncode=3)
        console = Console(stderr=True)
        try:
            connection.ensure_connection()
            self.target = expected.load()
            with console.status(_("reading the tables")) as status:
                return survey.survey(self.target, told=lambda table: status.update(_("reading %s") % table))
        except Error as error:
            raise CommandError(_("the database can not be read: %s") % error, returncode=3) from error

    def _apply(self, findings: list[Finding], *, quarantine: bool) -> None:
        if not findings:
            self._report([], applied=True)
            return
        try:
            applied = applying.apply(
                findings, migration=self.target.migration, quarantine=quarantine, told=self._tell_statement
            )
        except applying.NotApplied as error:
            raise CommandError(
                _("failed, and what comes after it was not tried: %s\nMend it and run this again.") % error,
                returncode=1,
            ) from error
        if applied.moved and not self.json:
            self.stdout.write(_("%d rows were moved to side tables.") % applied.moved)
        # What was asked for is believed when it is seen.
        left = [finding for finding in self._survey() if not finding.note]
        self._report(left, applied=True, moved=applied.moved)
        if left:
            raise SystemExit(1)

    def _tell_statement(self, sql: str) -> None:
        if not self.json:
            self.stdout.write(f"{sql};")

    def _report(self, findings: list[Finding], *, applied: bool, moved: int = 0) -> None:
        ready = all(finding.note for finding in findings)
        advice = self._next(findings, ready=ready, applied=applied)
        if self.json:
            content = {
                "ready": ready,
                "applied": applied,
                "moved": moved,
                "findings": [
                    {"table": f.table, "what": f.what, "text": f.text, "sql": f.sql, "note": f.note} for f in findings
                ],
                "next": advice,
            }
            self.stdout.write(json.dumps(content, ensure_ascii=False))
            return
        # Duplicates come first: they need a decision, everything else only time.
        for finding in sorted(findings, key=lambda finding: (finding.duplicates is None, finding.note)):
            self.stdout.write(f"{finding.table}: {finding.what}{' (' + _('only a note') + ')' if finding.note else ''}")
            for text in finding.text:
                self.stdout.write(f"  - {text}")
            for sql in finding.sql:
                self.stdout.write(f"    {sql};")
        for line in advice:
            self.stdout.write(line)

    def _next(self, findings: list[Finding], *, ready: bool, applied: bool) -> list[str]:
        if ready:
            return [_("Nothing to mend. Next: manage.py migrate")]
        lines = []
        if any(finding.duplicates for finding in findings):
            lines.append(
                _(
                    "Duplicates stand against the unique key. Look at them, then run with --apply "
                    "--quarantine-duplicates: it moves all but the first row of each key to the side table %s."
                )
                % ", ".join(duplicates.side_table(f.expected) for f in findings if f.expected)
            )
        if any(not finding.sql and finding.what != "not recorded" and not finding.note for finding in findings):
            lines.append(_("What has no SQL beside it must be mended by hand."))
        if not applied:
            lines.append(_("Nothing was changed. Make a backup, stop what else writes here, then run with --apply."))
        return lines
