"""`manage.py simulate`: devices that upload, and the proof that what was accepted is stored."""

import argparse
import json
import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from ingest.management.addresses import base_url, is_loopback
from ingest.simulator.progress import Progress
from ingest.simulator.run import PrefixTaken, Run, Unreachable


def within(least: float, most: float, number: type[int] | type[float]) -> Any:
    """An argparse type: a number from `least` to `most`."""

    def read(text: str) -> float:
        try:
            value = number(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{least:g} to {most:g}")
        return value

    return read


def prefix(text: str) -> str:
    """The beginning of serials: ends with a hyphen, so that no other prefix continues it."""
    if not re.fullmatch(r"SIM[A-Za-z0-9_-]{0,36}-", text):
        raise argparse.ArgumentTypeError("SIM…-, letters, digits, _ and -, at most 40 characters")
    return text


class Command(BaseCommand):
    help = (
        "Simulate devices: upload as they do, wait until the streams are empty, and compare what was accepted with the"
        " tables and the dead letters. The last line is one JSON object. Example: manage.py simulate --devices 200"
        " --rate 300 --seconds 20 --seed 1. Exit 0: everything accepted is there once; 1: something is missing,"
        " doubled or different; 3: nothing was accepted; 4: the streams were not empty in time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--base-url", type=base_url, default="http://127.0.0.1:5225", help="where to upload (http://127.0.0.1:5225)"
        )
        parser.add_argument("--yes-not-loopback", action="store_true", help="it is meant to load another machine")
        parser.add_argument("--devices", type=within(1, 100_000, int), default=200, help="serials (200)")
        parser.add_argument(
            "--rate", type=within(0.1, 100_000, float), default=300.0, help="uploads a second over all devices (300)"
        )
        parser.add_argument("--seconds", type=within(0.1, 86_400, float), default=20.0, help="how long to send (20)")
        parser.add_argument("--seed", type=within(0, 10**9, int), default=1, help="what the devices do (1)")
        parser.add_argument(
            "--bad", type=within(0, 0.5, float), default=0.01, help="share of impossible and of conflicting records"
        )
        parser.add_argument("--prefix", type=prefix, default=None, help="how serials begin (SIM, seed and start)")
        parser.add_argument(
            "--drain-timeout",
            type=within(0, 86_400, float),
            default=120.0,
            help="seconds to wait for the streams (120)",
        )
        parser.add_argument(
            "--format", choices=["text", "json"], default="text", help="json prints only the result, and findings"
        )

    def handle(self, **options: Any) -> None:
        if not is_loopback(options["base_url"]) and not options["yes_not_loopback"]:
            raise CommandError(
                _("%s is not this machine; add --yes-not-loopback if it is meant to be loaded") % options["base_url"],
                returncode=2,
            )
        names = ("base_url", "devices", "rate", "seconds", "seed", "bad", "prefix", "drain_timeout")
        run = Run(**{name: options[name] for name in names})
        try:
            with Progress() as progress:
                report = run(progress)
        except Unreachable as error:
            raise CommandError(_("nothing answers at %s") % error, returncode=3) from error
        except PrefixTaken as error:
            raise CommandError(
                _("the tables hold readings of %s already; take another --prefix") % error, returncode=2
            ) from error
        for line in report.details() if options["format"] == "text" else report.found():
            self.stderr.write(line, str)
        self.stdout.write(json.dumps(report.counts()))
        if report.exit_code:
            raise SystemExit(report.exit_code)
