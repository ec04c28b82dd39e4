"""`manage.py discard_dead_letters`: close dead letters that nobody will need. They are kept, as discarded."""

import json
import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils.translation import gettext as _

from streaming.management import letters
from streaming.settling import discard

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Settle open dead letters as discarded; their content is kept. "
        'Example: manage.py discard_dead_letters --category implausible --reason "simulator" --dry-run'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        letters.add_arguments(parser)
        parser.add_argument("--all", action="store_true", help="every open letter, when nothing else says which")

    def handle(self, **options: Any) -> None:
        if not options["all"] and all(not options[name] for name in letters.FILTERS):
            raise CommandError(
                _("say which: %s or --all") % ", ".join(f"--{name}" for name in letters.FILTERS), returncode=2
            )
        if not options["reason"] and not options["dry_run"]:
            raise CommandError(_("--reason is needed"), returncode=2)
        selected, actor = letters.select(options), letters.actor(options)
        total = selected.count()
        discarded = 0
        if not options["dry_run"]:
            try:
                with letters.progress(total=total) as advance:
                    for done in discard(selected, actor=actor, reason=options["reason"]):
                        advance(done)
                        discarded += done
            except Error as error:
                raise CommandError(
                    _("stopped after %(count)d: %(error)s") % {"count": discarded, "error": error}, returncode=1
                ) from error
            finally:
                log.info("%d dead letters discarded by %s; reason: %s", discarded, actor, options["reason"])
        if options["format"] == "json":
            self.stdout.write(json.dumps({"open": total, "discarded": discarded, "dry_run": options["dry_run"]}))
        elif options["dry_run"]:
            self.stdout.write(_("Dry run, nothing was changed: %d would be discarded.") % total)
        else:
            self.stdout.write(_("%d discarded.") % discarded)
