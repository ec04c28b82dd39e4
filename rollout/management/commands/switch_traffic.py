"""`manage.py switch_traffic`: the share of devices on the stream, by hand."""

import getpass
import json
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from ljwx.management.arguments import percent, reason
from rollout.manual import switch
from rollout.models import Route
from rollout.plans.errors import Conflict
from rollout.traffic import RouteConflict, UnknownRoute


class Command(BaseCommand):
    help = (
        'Set the share of devices on the stream. Example: manage.py switch_traffic 20 --reason "first step". '
        "Refused (exit 4) while a plan is active; --emergency lowers it all the same, and ends the plan."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("percentage", type=percent, nargs="?", help="0 to 100; left as it is when left out")
        parser.add_argument(
            "--mirror", type=percent, help="share of the legacy uploads that is also sent to the shadow"
        )
        parser.add_argument("--reason", required=True, type=reason, help="kept in the history")
        parser.add_argument("--kind", action="append", help="health, device or event; all when left out")
        parser.add_argument("--actor", default="", help="kept in the history (your login)")
        parser.add_argument("--emergency", action="store_true", help="lower it whatever is under way")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        percentage, mirror = options["percentage"], options["mirror"]
        if percentage is None and mirror is None:
            raise CommandError(_("Say a percentage, --mirror, or both."), returncode=2)
        known = {route.kind: route for route in Route.objects.all()}
        kinds = options["kind"] or sorted(known)
        if missing := [kind for kind in kinds if kind not in known]:
            raise CommandError(_("no route for %s") % ", ".join(missing), returncode=2)
        rows = [row for kind in kinds for row in _rows(known[kind], percentage, mirror)]
        if not options["dry_run"]:
            try:
                switch(
                    percentage=percentage,
                    mirror=mirror,
                    kinds=kinds,
                    actor=options["actor"] or getpass.getuser(),
                    reason=options["reason"],
                    emergency=options["emergency"],
                )
            except UnknownRoute as error:
                raise CommandError(str(error), returncode=2) from error
            except (RouteConflict, Conflict) as error:
                raise CommandError(str(error), returncode=4) from error
        if options["format"] == "json":
            self.stdout.write(json.dumps({"changed": rows, "dry_run": options["dry_run"]}))
            return
        for row in rows:
            mirrored = " " + _("(mirrored)") if row.get("mirror") else ""
            self.stdout.write(f"{row['kind']}: {row['from']} % → {row['to']} %{mirrored}")
        if not rows:
            self.stdout.write(_("Nothing to change."))


def _rows(route: Route, percentage: Decimal | None, mirror: Decimal | None) -> list[dict[str, Any]]:
    """What changes: of the share, then of the mirrored share, which says so."""
    found: list[dict[str, Any]] = []
    if percentage is not None and percentage != route.percentage:
        found.append({"kind": route.kind, "from": str(route.percentage), "to": str(percentage)})
    if mirror is not None and mirror != route.mirror_percentage:
        found.append({"kind": route.kind, "mirror": True, "from": str(route.mirror_percentage), "to": str(mirror)})
    return found
