"""`manage.py drill`: whether the guardrails find a fault, and how fast."""

import argparse
import getpass
import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from ingest.drill.drill import Drill
from ingest.drill.fault import Fault
from ingest.drill.progress import Progress
from ingest.management.addresses import base_url
from ingest.management.refusals import told
from ljwx.stopping import Stopping

# The consistency check judges nothing that is younger than its grace.
ACTS_WITHIN_S = {Fault.ERRORS: 45.0, Fault.SLOW: 60.0, Fault.CONSISTENCY: 90.0, Fault.BACKLOG: 60.0}


def seconds(text: str) -> float:
    """How long to wait."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 1 <= value <= 600:
        raise argparse.ArgumentTypeError("1 to 600")
    return value


class Command(BaseCommand):
    help = (
        "On the embedded system (bin/up in another terminal): start a fast plan with simulated devices, break something"
        " for them alone, and tell how long the guardrail takes. Everything is put back in the end. The last line is"
        " one JSON object: seconds from the fault to its detection, to the effect of what was done, and until all is"
        " stored. Example: manage.py drill --fault errors. Exit 0: the guardrail acted and nothing is lost; 1:"
        " something is lost, or it ended early; 3: no embedded system; 4: a plan is active or a share is not 0 %; 10:"
        " the guardrail did not act in time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--fault",
            choices=[fault.value for fault in Fault],
            required=True,
            help="errors: uploads to the stream are refused; slow: they wait; consistency: stored rows are deleted and"
            " then repaired; backlog: consumers leave entries pending",
        )
        parser.add_argument(
            "--base-url", type=base_url, default=settings.WEB_URL, help=f"the web process ({settings.WEB_URL})"
        )
        parser.add_argument(
            "--within",
            type=seconds,
            metavar="SECONDS",
            help="how long the guardrail may take (45 to 60; for consistency 90 and the grace of the check)",
        )
        parser.add_argument(
            "--no-verify",
            action="store_true",
            help="end when all is drained and compared; the rollback is then verified by the controller (up to 75 s)",
        )
        parser.add_argument("--actor", default="", help="kept in the history (your login)")
        parser.add_argument(
            "--format", choices=["text", "json"], default="text", help="json prints only the result, and findings"
        )

    def handle(self, **options: Any) -> None:
        fault = Fault(options["fault"])
        grace = settings.CHECK_GRACE_S if fault is Fault.CONSISTENCY else 0
        drill = Drill(
            fault=fault,
            base_url=options["base_url"],
            actor=options["actor"] or getpass.getuser(),
            within=options["within"] or ACTS_WITHIN_S[fault] + grace,
            verified=not options["no_verify"],
        )
        as_json = options["format"] == "json"
        ended = _("The drill was ended early; everything is put back.")
        with told(interrupted=ended), Progress(quiet=as_json) as progress:
            report = drill(progress, Stopping())
        if not as_json:
            for line in report.details():
                self.stderr.write(line, str)
        for line in report.found():
            self.stderr.write(line, str)
        self.stdout.write(json.dumps(report.counts()))
        if report.exit_code:
            raise SystemExit(report.exit_code)
