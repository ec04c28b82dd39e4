"""`manage.py scale_consumers`: how many consumers there should be over all hosts."""

import argparse
import getpass
import json
import time
from threading import Event
from typing import Any

import redis
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils.translation import gettext as _

from ljwx.management.arguments import reason
from streaming.counts import CountConflict, OutOfRange
from streaming.manager import get_consumer_manager

POLL_S = 0.2


def seconds(text: str) -> float:
    """How long to wait."""
    value = float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError("more than 0, at most 3600")
    return value


class Command(BaseCommand):
    help = (
        "Set the number of consumers over all hosts; the supervisors follow, and a consumer that must go finishes its "
        'batch. Example: manage.py scale_consumers 4 --reason "evening peak" --wait 60'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("count", type=int, help="LJWX_CONSUMER_MIN to LJWX_CONSUMER_MAX")
        parser.add_argument("--reason", required=True, type=reason, help="kept in the history")
        parser.add_argument("--actor", default="", help="kept in the history (your login)")
        parser.add_argument("--wait", type=seconds, metavar="SECONDS", help="until that many run; 1 when they do not")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        manager, count = get_consumer_manager(), options["count"]
        try:
            if options["dry_run"]:
                scaled = manager.preview(count)
            else:
                scaled = manager.scale(count, reason=options["reason"], actor=options["actor"] or getpass.getuser())
        except OutOfRange as error:
            raise CommandError(str(error), returncode=2) from error
        except CountConflict as error:
            raise CommandError(str(error), returncode=4) from error
        except Error as error:
            raise CommandError(_("The database does not answer: nothing is changed."), returncode=3) from error
        if options["format"] == "json":
            facts = {"from": scaled.before, "to": scaled.after, "version": scaled.version}
            self.stdout.write(json.dumps({**facts, "dry_run": options["dry_run"]}))
        elif scaled.before == scaled.after:
            self.stdout.write(_("Nothing to change."))
        else:
            self.stdout.write(_("consumers: %(before)d → %(after)d") % {"before": scaled.before, "after": scaled.after})
        if options["wait"] and not options["dry_run"]:
            self._wait(options["wait"])

    def _wait(self, patience: float) -> None:
        deadline, pause, found = time.monotonic() + patience, Event(), _("Redis does not answer")
        while time.monotonic() < deadline:
            try:
                status = get_consumer_manager().status()
                if status.converged:
                    return
                found = _("%(running)d of %(desired)d run") % {"running": status.running, "desired": status.desired}
            except redis.RedisError:
                found = _("Redis does not answer")
            pause.wait(POLL_S)
        raise CommandError(_("Not so after %(seconds)g s: %(found)s.") % {"seconds": patience, "found": found})
