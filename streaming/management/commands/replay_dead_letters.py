"""`manage.py replay_dead_letters`: store dead letters after all, once their cause has been mended."""

import json
import logging
import time
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from streaming.deadletters import category
from streaming.failures import Unavailable
from streaming.management import letters
from streaming.replay import Outcome, replay

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Store open dead letters after all: those that can be stored now are settled, the others stay open. "
        'Example: manage.py replay_dead_letters --category conflict --dry-run. Exit 10 when some are "still dead".'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        letters.add_arguments(parser)
        parser.add_argument(
            "--judge-now",
            action="store_true",
            help="only those whose time was refused, by the clock of now: for a host whose clock was behind",
        )

    def handle(self, **options: Any) -> None:
        selected, actor = letters.select(options), letters.actor(options)
        judged_ms = None
        if options["judge_now"]:
            # A record without a time of its own keeps that of receipt.
            selected, judged_ms = selected.filter(reason__startswith="timestamp: "), int(time.time() * 1000)
        how = {"reason": options["reason"], "dry_run": options["dry_run"], "judged_ms": judged_ms}
        counts: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        failure: Unavailable | None = None
        try:
            with letters.progress(total=selected.count()) as advance:
                for result in replay(selected, actor=actor, **how):
                    advance(1)
                    counts[result.outcome.value] += 1
                    if result.outcome is Outcome.DEAD:
                        reasons[category(result.reason)] += 1
        except Unavailable as error:
            failure = error
        if not options["dry_run"]:
            log.info("dead letters replayed by %s: %s; reason: %s", actor, dict(counts), options["reason"] or "-")
        self._print(counts, reasons, options)
        if failure is not None:
            raise CommandError(_("stopped, the database can not store: %s") % failure, returncode=1) from failure
        if counts["dead"]:
            raise SystemExit(10)

    def _print(self, counts: Counter[str], reasons: Counter[str], options: dict[str, Any]) -> None:
        if options["format"] == "json":
            found = {outcome.value: counts[outcome.value] for outcome in Outcome}
            self.stdout.write(json.dumps({**found, "reasons": dict(reasons), "dry_run": options["dry_run"]}))
            return
        if options["dry_run"]:
            self.stdout.write(_("Dry run, nothing was changed. A replay would find:"))
        self.stdout.write(
            _("stored now %(new)d, stored already %(duplicate)d, still dead %(dead)d, settled by others %(elsewhere)d")
            % {outcome.value: counts[outcome.value] for outcome in Outcome}
        )
        for reason, count in reasons.most_common():
            self.stdout.write(f"  {count:6} {reason}")
