"""`manage.py rollback`: devices go back to the legacy path."""

import getpass
import json
import time
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, close_old_connections
from django.utils import timezone
from django.utils.translation import gettext as _

from ljwx.management.arguments import percent, reason
from rollout.models import Rollback
from rollout.plans.errors import Conflict
from rollout.rollback import Preview, execute_rollback, preview, progress, telling
from rollout.rollback.errors import RollbackRefused
from rollout.traffic import RouteConflict

POLL_S = 0.5
PATIENCE_S = 900.0
S = Rollback.Strategy


class Command(BaseCommand):
    help = (
        "Take devices off the stream: lower the share, end the active plan, drain, check. Needs no Redis and no"
        ' approval. Example: manage.py rollback --reason "alerts come late" --wait'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True, type=reason, help="kept in the history")
        parser.add_argument(
            "--strategy", choices=S.values, help="immediate (0 %%) when left out, to-percentage with --to"
        )
        parser.add_argument("--to", type=percent, metavar="PERCENT", help="where to-percentage or gradual ends")
        parser.add_argument("--interval", type=int, metavar="SECONDS", help="between the steps of gradual")
        parser.add_argument("--kind", action="append", help="health, device or event; repeatable; all when left out")
        parser.add_argument("--force", action="store_true", help="at once, even if the legacy path can not carry it")
        parser.add_argument("--actor", default="", help="kept in the history (your login)")
        parser.add_argument("--dry-run", action="store_true", help="say what would move, change nothing")
        parser.add_argument("--format", choices=["text", "json"], default="text")
        parser.add_argument(
            "--wait", nargs="?", type=float, const=PATIENCE_S, metavar="SECONDS",
            help="follow it until it is verified, and carry it on when no controller does (900 s at most)",
        )  # fmt: skip

    def handle(self, **options: Any) -> None:
        strategy = options["strategy"] or (S.IMMEDIATE if options["to"] is None else S.TO_PERCENTAGE)
        asked = {"kinds": options["kind"], "target": options["to"], "force": options["force"]}
        try:
            if options["dry_run"]:
                self._preview(preview(strategy, **asked), options["format"])
                return
            rollback = execute_rollback(
                strategy, options["reason"], options["actor"] or getpass.getuser(), interval_s=options["interval"],
                source="command", **asked,
            )  # fmt: skip
            if options["wait"]:
                rollback = self._follow(rollback, patience=options["wait"])
        except RollbackRefused as error:
            raise CommandError(str(error), returncode=2) from error
        except (Conflict, RouteConflict) as error:
            raise CommandError(str(error), returncode=4) from error
        except Error as error:
            raise CommandError(
                _("The database does not answer. The way back without it: the file STREAM_FORCE_PERCENTAGE with a 0."),
                returncode=3,
            ) from error
        as_json = options["format"] == "json"
        self.stdout.write(json.dumps(telling.data(rollback)) if as_json else telling.text(rollback))
        if options["wait"] and rollback.status != Rollback.Status.DONE:
            raise CommandError(_("Not done after %g s; the rollback goes on.") % options["wait"])

    def _preview(self, found: Preview, form: str) -> None:
        if form == "json":
            self.stdout.write(json.dumps({**telling.preview_data(found), "dry_run": True}))
        else:
            self.stdout.write(telling.preview_text(found))

    def _follow(self, rollback: Rollback, *, patience: float) -> Rollback:
        deadline, pause, told = time.monotonic() + patience, Event(), ""
        while rollback.status != Rollback.Status.DONE and time.monotonic() < deadline:
            try:
                progress(now=time.time(), fence=lambda: None)
                rollback.refresh_from_db()
                said = f"{rollback.get_status_display()} {telling.said(rollback.facts, '')}".strip()
            except Error:
                close_old_connections()
                said = _("the database does not answer")
            if said != told:
                self.stderr.write(f"{timezone.localtime():%H:%M:%S} {said}")
                told = said
            pause.wait(POLL_S)
        return rollback
