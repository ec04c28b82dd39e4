"""`manage.py backup`: take, list, read back, put back and remove backups."""

import argparse
import getpass
import json
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils import timezone
from django.utils.translation import gettext as _

from ljwx.management.arguments import reason
from rollout import backups
from rollout.backups.errors import RestoreRefused
from rollout.models import Backup


def event(text: str) -> str:
    """What a backup is taken for."""
    if not text.strip() or len(text) > 100:
        raise argparse.ArgumentTypeError("1 to 100 characters")
    return text


class Command(BaseCommand):
    help = (
        "Backups of routes, plans, thresholds, consumer groups and the entries that are not stored yet. Example: "
        'manage.py backup create --reason "before the upgrade" --dump. Exit 1 when one is not verified or not all '
        "could be put back, 2 when there is no such backup, 3 when the database is away, 4 when a restore is refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="take one now and read it back")
        create.add_argument("--reason", required=True, type=reason, help="kept with it")
        create.add_argument("--event", type=event, help="what it is for: one backup an event (a new one each time)")
        create.add_argument("--dump", action="store_true", help="with the whole database (mysqldump, SQLite's backup)")
        actions.add_parser("list", help="all there are, the newest first")
        verify = actions.add_parser("verify", help="read one back completely")
        restore = actions.add_parser("restore", help="put one back; a backup of the present state is taken first")
        restore.add_argument("--reason", required=True, type=reason, help="kept in the history")
        restore.add_argument("--approved-by", default="", help="who agrees to shares above the present ones")
        for each in (verify, restore):
            each.add_argument("id", type=int, help="as list shows it")
        actions.add_parser("prune", help="remove what LJWX_BACKUP_KEEP does not keep")
        for each in (create, restore):
            each.add_argument("--actor", default="", help="kept with it (your login)")
        for each in actions.choices.values():
            each.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        actions: dict[str, Callable[[dict[str, Any]], None]] = {
            "create": self._create,
            "list": self._list,
            "verify": self._verify,
            "restore": self._restore,
            "prune": self._prune,
        }
        try:
            actions[options["action"]](options)
        except Backup.DoesNotExist as error:
            raise CommandError(_("There is no backup %d.") % options["id"], returncode=2) from error
        except Error as error:
            raise CommandError(_("The database does not answer: %s") % type(error).__name__, returncode=3) from error

    def _create(self, options: dict[str, Any]) -> None:
        name = options["event"] or backups.unique_event("manual")
        who = {"actor": options["actor"] or getpass.getuser(), "reason": options["reason"]}
        self._show([backups.create(event=name, dump=options["dump"], **who)], options)

    def _verify(self, options: dict[str, Any]) -> None:
        self._show([backups.verify(options["id"])], options)

    def _list(self, options: dict[str, Any]) -> None:
        self._print(list(Backup.objects.order_by("-created_at", "-pk")), options)

    def _restore(self, options: dict[str, Any]) -> None:
        who = {"actor": options["actor"] or getpass.getuser(), "approved_by": options["approved_by"]}
        try:
            done = backups.restore(options["id"], reason=options["reason"], **who)
        except RestoreRefused as error:
            raise CommandError(str(error), returncode=4) from error
        if options["format"] == "json":
            self.stdout.write(json.dumps(done))
        else:
            for kind, share in done["routes"].items():
                self.stdout.write(f"{kind}: {share['from']} % → {share['to']} % ({share['backup']} %)")
            for kind, found in done["entries"].items():
                self.stdout.write(_("%(kind)s: %(present)d entries are there, %(republished)d appended again")
                                  % {"kind": kind, **found})  # fmt: skip
            self.stdout.write(
                _("History: %(restored)d rows put back, %(kept)d were there, %(skipped)d skipped") % done["history"]
            )
        if done["error"]:
            raise CommandError(_("Not all entries could be appended, do it again: %s") % done["error"], returncode=1)

    def _prune(self, options: dict[str, Any]) -> None:
        removed = backups.prune()
        if options["format"] == "json":
            self.stdout.write(json.dumps({"removed": removed}))
        else:
            self.stdout.write("\n".join(removed) or _("Nothing to remove."))

    def _show(self, rows: list[Backup], options: dict[str, Any]) -> None:
        self._print(rows, options)
        if any(row.status != Backup.Status.VERIFIED for row in rows):
            raise SystemExit(1)

    def _print(self, rows: list[Backup], options: dict[str, Any]) -> None:
        if options["format"] == "json":
            self.stdout.write(json.dumps({"backups": [_facts(row) for row in rows]}))
            return
        for row in rows:
            words = [
                f"{row.pk:>4}",
                f"{timezone.localtime(row.created_at):%Y-%m-%d %H:%M:%S}",
                row.get_status_display(),
            ]
            self.stdout.write("  ".join([*words, row.event, row.path, row.error]).rstrip())


def _facts(row: Backup) -> dict[str, Any]:
    return {
        "id": row.pk,
        "event": row.event,
        "status": row.status,
        "taken_at": row.created_at.isoformat(),
        "path": row.path,
        "bytes": row.size,
        "counts": row.counts,
        "error": row.error,
    }
