"""`manage.py repair`: store what a check has found to be missing."""

import getpass
import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils.translation import gettext as _

from ljwx.management.arguments import reason
from rollout import consistency
from rollout.consistency.errors import CheckRunning, RepairRefused
from rollout.consistency.repairing import Repaired
from rollout.lease import LeaseLost
from rollout.models import Check
from streaming.failures import Unavailable


class Command(BaseCommand):
    help = (
        "Store what a check has found to be missing, by the ordinary writer: nothing is overwritten or deleted. Without"
        ' --apply it only says what it would do. Example: manage.py repair --check 7 --apply --reason "table mended".'
        " Exit 10 when something is still missing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", type=int, required=True, help="the number of the check")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--apply", action="store_true", help="do it")
        what.add_argument("--dry-run", action="store_true", help="say what would be done (the default)")
        parser.add_argument("--reason", type=reason, help="kept in the record; needed with --apply")
        parser.add_argument("--actor", default="", help="kept in the record (your login)")
        parser.add_argument("--approved-by", default="", help="who approves a repair of many records")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        if options["apply"] and not options["reason"]:
            raise CommandError(_("--apply needs a --reason."), returncode=2)
        done = self._do(options)
        if options["format"] == "json":
            self.stdout.write(json.dumps(asdict(done) | {"check": options["check"], "applied": options["apply"]}))
        else:
            self.stdout.write(self._text(done))
        if done.left:
            raise SystemExit(10)

    def _do(self, options: dict[str, Any]) -> Repaired:
        try:
            if not options["apply"]:
                return consistency.preview(options["check"])
            return consistency.repair(
                options["check"],
                actor=options["actor"] or getpass.getuser(),
                reason=options["reason"],
                approved_by=options["approved_by"],
            )
        except Check.DoesNotExist as error:
            raise CommandError(_("There is no check %d.") % options["check"], returncode=2) from error
        except (RepairRefused, CheckRunning, LeaseLost) as error:
            raise CommandError(str(error), returncode=4) from error
        except (Unavailable, Error) as error:
            raise CommandError(
                _("The repair stopped, run it again: %s") % type(error).__name__, returncode=3
            ) from error

    def _text(self, done: Repaired) -> str:
        if done.repair is None:
            return _("Preview, nothing was changed: of %(records)d missing records %(left)d would be stored.") % {
                "records": done.records, "left": done.left,
            }  # fmt: skip
        return _(
            "Repair %(repair)d: of %(records)d missing records %(stored)d stored, %(duplicate)d there already,"
            " %(dead)d new dead letters; still missing %(left)d."
        ) % asdict(done)
