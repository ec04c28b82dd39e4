"""`manage.py check_consistency`: whether what the streams hold is what is stored."""

import getpass
import json
import os
from typing import Any

import redis
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ljwx.management.arguments import DAY_MINUTES, minutes
from rollout.consistency import DatabaseConsistencyChecker
from rollout.consistency.errors import CheckRunning
from rollout.consistency.outcomes import Outcome
from rollout.consistency.report import OfKind, Report, entry, masked, moment
from rollout.lease import LeaseLost
from rollout.models import CheckFinding
from streaming.registry import UnknownKind

MOST_MINUTES = 7 * DAY_MINUTES
# Uploads on the same machine come first.
NICE = 10


class Command(BaseCommand):
    help = (
        "Compare every record in the streams with the tables: over the last minutes, but for the youngest. A check that"
        " was killed is carried on. Example: manage.py check_consistency --window 60 --kind health."
        " Exit 10 when something does not agree or can not be verified any more."
    )

    def run_from_argv(self, argv: list[str]) -> None:
        os.nice(NICE)
        super().run_from_argv(argv)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--window", type=minutes(most=MOST_MINUTES), default=60, help="minutes (60)")
        parser.add_argument("--kind", action="append", help="health, device or event; repeatable; all when left out")
        parser.add_argument("--actor", default="", help="kept with the check (your login)")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        found = self._check(options)
        if options["format"] == "json":
            self.stdout.write(json.dumps(found.as_dict()))
        else:
            self._print(found)
        if not found.is_clean:
            raise SystemExit(10)

    def _check(self, options: dict[str, Any]) -> Report:
        console = Console(stderr=True)
        columns = (SpinnerColumn(), TextColumn(_("records checked")), TextColumn("{task.completed:.0f}"))
        try:
            with Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal) as bar:
                task = bar.add_task("", total=None)
                checker = DatabaseConsistencyChecker(
                    kinds=options["kind"],
                    actor=options["actor"] or getpass.getuser(),
                    told=lambda chunk: bar.advance(task, chunk.records),
                )
                return checker.run_comprehensive_check(options["window"])
        except UnknownKind as error:
            raise CommandError(str(error), returncode=2) from error
        except (CheckRunning, LeaseLost) as error:
            raise CommandError(_("Another check is running."), returncode=4) from error
        except (redis.RedisError, Error) as error:
            raise CommandError(
                _("The check stopped, run it again to carry it on: %s") % type(error).__name__, returncode=3
            ) from error

    def _print(self, found: Report) -> None:
        rate = "–" if found.rate is None else f"{found.rate:.4%}"
        self.stdout.write(
            _("Check %(check)d: %(records)d records") % {"check": found.check.pk, "records": found.checked}
        )
        for each in found.kinds:
            counts = ", ".join(f"{name} {count}" for name, count in each.counts.items() if count)
            self.stdout.write(f"  {each.kind}: {counts or '–'}; {self._through(each)}")
        for figure in found.figures:
            if figure.mismatched:
                self.stdout.write(
                    _("  path %(path)s, firmware %(firmware)s: %(wrong)d of %(records)d not as sent")
                    % {
                        "path": figure.path, "firmware": figure.firmware or "–", "wrong": figure.mismatched,
                        "records": figure.records,
                    }
                )  # fmt: skip
        for hole in found.holes:
            since, until = moment(hole.entry_ms), moment(hole.until_ms)
            self.stdout.write(
                _("  %(kind)s can not be verified any more from %(since)s to %(until)s: %(reason)s")
                % {"kind": hole.kind, "since": since, "until": until, "reason": hole.reason}
            )
        for sample in found.samples:
            self.stdout.write(f"  {self._sample(sample)}")
        self.stdout.write(
            _("Rate %(rate)s, missing %(missing)d of %(records)d")
            % {"rate": rate, "missing": found.count(Outcome.MISSING), "records": found.checked}
        )

    def _through(self, each: OfKind) -> str:
        through = moment(each.verified.through_ms)
        text = _("verified through %s") % (f"{through:%Y-%m-%d %H:%M:%S}" if through else "–")
        stop = each.verified.stopped_by
        return text if stop is None else f"{text} ({stop.outcome} {entry(stop)})"

    def _sample(self, sample: CheckFinding) -> str:
        fields = ", ".join(column for column, _wanted, _held in sample.differences)
        return f"{sample.outcome}: {sample.of_kind} {masked(sample.device_sn)} {entry(sample)} {fields}".rstrip()
