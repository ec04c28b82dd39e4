"""`manage.py up`: the whole system with one command."""

import argparse
import contextlib
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from ljwx.up.refusal import USAGE, Refused
from ljwx.up.system import System


def port(text: str) -> int:
    """A TCP port, for argparse."""
    return _between(text, 1, 65535)


def count(text: str) -> int:
    """A number of processes, for argparse."""
    return _between(text, 1, 64)


def consumers(text: str) -> int:
    """A number of consumers that there may be, for argparse."""
    return _between(text, settings.CONSUMER_MIN, settings.CONSUMER_MAX)


def _between(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(_("use %(least)s to %(most)s") % {"least": least, "most": most})
    return int(text)


class Command(BaseCommand):
    help = "Starts Redis, the database, the web server and the consumers, and stops them in order."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=port, default=5225, help="port to listen on (5225)")
        parser.add_argument("--workers", type=consumers, default=2, help="consumer processes (2)")
        parser.add_argument(
            "--web-workers", type=count, default=0, help="web processes of granian, for load (0: daphne, one process)"
        )
        parser.add_argument("--reset", action="store_true", help="first delete the data in the data folder")
        parser.add_argument(
            "--demo",
            action="store_true",
            help="then let simulated devices be migrated: in five minutes a hold, a rollback and a recovery",
        )
        parser.add_argument("--yes", action="store_true", help="do not ask before --reset")

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("host", "port", "workers", "web_workers", "demo")
        system = System(**{name: options[name] for name in names}, say=self._say)
        try:
            system.claim()
            if options["reset"]:
                self._reset(system, sure=options["yes"])
            system.run()
        except Refused as refusal:
            self.stderr.write(str(refusal))
            sys.exit(refusal.code)

    def _reset(self, system: System, *, sure: bool) -> None:
        if not sure:
            if not sys.stdin.isatty():
                raise Refused(_("--reset asks on a terminal; without one add --yes."), USAGE)
            self._say(_("This deletes the database, the Redis data and the logs in %s.") % system.var_dir)
            if not self._confirmed():
                raise Refused(_("Nothing is deleted."), USAGE)
        system.reset()

    def _confirmed(self) -> bool:
        try:
            return input(_("Type yes to go on: ")).strip().lower() == "yes"
        except (EOFError, KeyboardInterrupt):
            return False

    def _say(self, line: str) -> None:
        # A closed terminal must not keep the children from being stopped in order.
        with contextlib.suppress(OSError):
            self.stdout.write(line)
            self.stdout.flush()
