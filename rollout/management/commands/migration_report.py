"""`manage.py migration_report`: a migration as one HTML file."""

import os
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils import translation
from django.utils.translation import gettext as _

from rollout import reporting
from rollout.models import Plan
from rollout.reporting import NothingToReport
from streaming.management.letters import moment


class Command(BaseCommand):
    help = (
        "Write a report of a migration as one HTML file that needs nothing else: shares, decisions with their evidence,"
        " charts, consistency, incidents, figures before and after. Without a time that of the plan that has started"
        " last. Example: manage.py migration_report --plan 3 --language en -o report.html"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--plan", type=int, metavar="N", help="the time of this plan, and its steps")
        parser.add_argument("--since", type=moment, metavar="TIME", help="from this time")
        parser.add_argument("--until", type=moment, metavar="TIME", help="up to this time (now)")
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES])
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="else it goes to standard output")

    def handle(self, **options: Any) -> None:
        with translation.override(options["language"] or translation.get_language()):
            text = self._render(options)
        if options["output"] is None:
            self.stdout.write(text)
            return
        try:
            write(options["output"], text)
        except OSError as error:
            raise CommandError(_("The file can not be written: %s") % error, returncode=1) from error

    def _render(self, options: dict[str, Any]) -> str:
        try:
            period = reporting.period(number=options["plan"], since=options["since"], until=options["until"])
            return reporting.render(period)
        except Plan.DoesNotExist as error:
            raise CommandError(_("There is no plan %d.") % options["plan"], returncode=2) from error
        except NothingToReport as error:
            raise CommandError(_("There is nothing to report in this time."), returncode=1) from error
        except Error as error:
            raise CommandError(_("The database does not answer: nothing is known."), returncode=3) from error


def write(path: Path, text: str) -> None:
    """Write `text` as a whole or not at all: a reader sees the old file or the new one. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
