"""`manage.py ledger`: what was promised and what became of it, minute by minute."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import redis
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils.translation import gettext as _

from ljwx.management.arguments import DAY_MINUTES, minutes
from monitoring.ledger import Line
from streaming import accounts

COUNTS = ("accepted", "stored", "duplicate", "dead", "in_flight", "residue", "unsure")
MOST_MINUTES = 3 * DAY_MINUTES


class Command(BaseCommand):
    help = (
        "accepted = stored + duplicate + dead + in flight, per minute of receipt, kind and path. A residue above zero"
        " is lost, one below zero is what was kept twice or whose promise a killed process forgot."
        " Example: manage.py ledger --minutes 30. Exit 10 when something is in no account."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--minutes", type=minutes(most=MOST_MINUTES), default=15, help="how far back (15)")
        parser.add_argument("--clear", action="store_true", help="clear the alarms: a person knows of what is missing")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        try:
            lines = accounts.lines(options["minutes"])
            cleared = accounts.clear() if options["clear"] else 0
        except (redis.RedisError, Error) as error:
            raise CommandError(_("The ledger can not be read: %s") % type(error).__name__, returncode=3) from error
        missing = sum(max(0, line.residue) for line in lines)
        if options["format"] == "json":
            rows = [
                {**asdict(line), "in_flight": line.in_flight, "residue": line.residue, "time": accounts.moment(line)}
                for line in lines
            ]
            self.stdout.write(json.dumps({"missing": missing, "cleared": cleared, "lines": rows}))
        else:
            self._print(lines, missing)
            if options["clear"]:
                self.stdout.write(_("%d alarms cleared.") % cleared)
        if missing:
            raise SystemExit(10)

    def _print(self, lines: Sequence[Line], missing: int) -> None:
        heads = (_("time"), _("kind"), _("path"), *COUNTS)
        rows = [
            (accounts.moment(line), line.kind, line.path, *(str(getattr(line, count)) for count in COUNTS))
            for line in lines
        ]
        widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
        for row in [heads, *rows]:
            words = [
                word.ljust(width) if n < 3 else word.rjust(width)
                for n, (word, width) in enumerate(zip(row, widths, strict=True))
            ]
            self.stdout.write("  ".join(words).rstrip())
        self.stdout.write(
            _("%d records are in no account.") % missing if missing else _("Everything accepted is accounted for.")
        )
