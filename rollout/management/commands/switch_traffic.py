"""`manage.py switch_traffic`: the share of devices on the stream, by hand."""

import getpass
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from ljwx.management.arguments import percent, reason
from rollout.models import Route
from rollout.traffic import RouteConflict, UnknownRoute, switch


class Command(BaseCommand):
    help = 'Set the share of devices on the stream. Example: manage.py switch_traffic 20 --reason "first step"'

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("percentage", type=percent, help="0 to 100")
        parser.add_argument("--reason", required=True, type=reason, help="kept in the history")
        parser.add_argument("--kind", action="append", help="health, device or event; all when left out")
        parser.add_argument("--actor", default="", help="kept in the history (your login)")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        known = dict(Route.objects.values_list("kind", "percentage"))
        kinds = options["kind"] or sorted(known)
        if missing := [kind for kind in kinds if kind not in known]:
            raise CommandError(_("no route for %s") % ", ".join(missing), returncode=2)
        rows = [
            {"kind": kind, "from": str(known[kind]), "to": str(options["percentage"])}
            for kind in kinds
            if known[kind] != options["percentage"]
        ]
        if not options["dry_run"]:
            try:
                switch(
                    percentage=options["percentage"],
                    kinds=kinds,
                    actor=options["actor"] or getpass.getuser(),
                    reason=options["reason"],
                )
            except UnknownRoute as error:
                raise CommandError(str(error), returncode=2) from error
            except RouteConflict as error:
                raise CommandError(str(error), returncode=4) from error
        if options["format"] == "json":
            self.stdout.write(json.dumps({"changed": rows, "dry_run": options["dry_run"]}))
            return
        for row in rows:
            self.stdout.write(f"{row['kind']}: {row['from']} % → {row['to']} %")
        if not rows:
            self.stdout.write(_("Nothing to change."))
