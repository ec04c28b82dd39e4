"""`manage.py alerts`: what is wrong now."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils import timezone
from django.utils.translation import gettext as _

from monitoring.alerts import wording
from monitoring.models import Alert, Severity

State = Alert.State


class Command(BaseCommand):
    help = (
        "List the alerts that are not over, the worst first. Example: manage.py alerts --format json. "
        "Exit 10 when one is firing and nobody has acknowledged it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        try:
            rows = list(Alert.objects.filter(open_key__isnull=False))
        except Error as error:
            raise CommandError(_("The database does not answer: %s") % type(error).__name__, returncode=3) from error
        rows.sort(key=lambda row: (row.state != State.FIRING, -Severity(row.severity).rank, row.pk))
        if options["format"] == "json":
            self.stdout.write(json.dumps([self._plain(row) for row in rows], ensure_ascii=False))
        elif not rows:
            self.stdout.write(_("No alert."))
        else:
            for row in rows:
                self.stdout.write(self._line(row))
        if any(row.state == State.FIRING for row in rows):
            raise SystemExit(10)

    def _plain(self, row: Alert) -> dict[str, Any]:
        return {
            "id": row.pk, "name": row.name, "group": row.group, "severity": row.severity, "state": row.state,
            "text": wording.text(row.rule, row.label, row.values), "since": _since(row).isoformat(),
            "acknowledged_by": row.acknowledged_by, "note": row.note,
        }  # fmt: skip

    def _line(self, row: Alert) -> str:
        by = f"  ({row.acknowledged_by}: {row.note})" if row.acknowledged_by else ""
        text = wording.text(row.rule, row.label, row.values)
        return f"{row.pk:>6}  {row.severity:8}  {row.state:12}  {_since(row):%Y-%m-%d %H:%M:%S}  {row.name}: {text}{by}"


def _since(row: Alert) -> Any:
    return timezone.localtime(row.firing_at or row.pending_at)
