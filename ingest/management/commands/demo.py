"""`manage.py demo`: a migration of simulated devices that goes wrong twice and ends well."""

import getpass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from ingest.demo.demo import Demo
from ingest.management.addresses import base_url
from ingest.management.commands.simulate import within
from ingest.management.refusals import told
from ljwx.stopping import Stopping


class Command(BaseCommand):
    help = (
        "On the embedded system (bin/up --demo starts both): simulated devices upload, a fast plan moves them to the"
        " stream, slow uploads hold it, errors roll it back, and a new plan moves all of them. It says what happens now"
        " and ends with a few devices that go on. Exit 0: shown to the end; 1: ended early, everything is put back; 3:"
        " no embedded system; 4: somebody else's plan is active or a share is not 0 %."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--base-url", type=base_url, default=settings.WEB_URL, help=f"the web process ({settings.WEB_URL})"
        )
        parser.add_argument("--devices", type=within(100, 10_000, int), default=1_000, help="serials (1000)")
        parser.add_argument(
            "--rate",
            type=within(20, 1_000, float),
            help="uploads a second over all devices (half of what the machine takes, 20 to 100)",
        )
        parser.add_argument(
            "--observe", type=within(1, 600, int), default=20, metavar="SECONDS", help="least time of a step (20)"
        )
        parser.add_argument(
            "--minutes",
            type=within(0, 10_000, float),
            help="how long the devices go on in the end (until Ctrl-C)",
        )

    def handle(self, **options: Any) -> None:
        demo = Demo(
            base_url=options["base_url"],
            actor=getpass.getuser(),
            say=self._say,
            devices=options["devices"],
            rate=options["rate"],
            observe_s=options["observe"],
            minutes=options["minutes"],
        )
        with told(interrupted=_("The demonstration was ended early; everything is put back.")):
            demo(Stopping(follow_parent=True))

    def _say(self, text: str) -> None:
        self.stdout.write(f"{timezone.localtime():%H:%M:%S} {text}")
        self.stdout.flush()
