"""`manage.py notify --test CHANNEL`: whether a channel works."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from monitoring.alerts.errors import NotSent
from monitoring.alerts.sending import Sender
from monitoring.models import Channel


class Command(BaseCommand):
    help = "Send a test message on a channel. Example: manage.py notify --test operators. Exit 10 when it is not taken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--test", metavar="CHANNEL", required=True, help="the name of the channel")

    def handle(self, **options: Any) -> None:
        found = Channel.objects.filter(name=options["test"]).first()
        if found is None:
            names = ", ".join(Channel.objects.order_by("name").values_list("name", flat=True)) or "–"
            raise CommandError(_("There is no such channel; there are: %s.") % names, returncode=2)
        try:
            sent = Sender().test(found.pk, actor="command")
        except NotSent as error:
            raise CommandError(str(error), returncode=4) from error
        if sent.failed is not None:
            code = f" {sent.failed.code}" if sent.failed.code else ""
            self.stderr.write(_("The test message was not delivered: %s") % f"{sent.failed}{code}")
            raise SystemExit(10)
        self.stdout.write(_("The test message was delivered (delivery %d).") % sent.delivery)
