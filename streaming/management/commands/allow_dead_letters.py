"""`manage.py allow_dead_letters`: let consumers go on that were stopped because they buried too much."""

import argparse

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from streaming import budget
from streaming.management.deciding import Decision


def count(text: str) -> int:
    """A number of records."""
    number = int(text)
    if not 0 <= number <= 10_000_000:
        raise argparse.ArgumentTypeError("0 to 10000000")
    return number


class Command(Decision[bool]):
    help = (
        "Give a kind a fresh dead-letter budget, so that stopped consumers go on. Look at the dead letters first. "
        'Example: manage.py allow_dead_letters --kind health --reason "bad firmware, known"'
    )
    decide = staticmethod(budget.allow)
    field = "was_stopped"
    more = ("records",)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--records", type=count, default=0, help="bury this many beyond the budget, because they are truly bad (0)"
        )

    def tell(self, kind: str, done: bool) -> str:
        return (
            _("%s is consumed again, with a fresh dead-letter budget.") % kind
            if done
            else _("%s was not stopped; its dead-letter budget is fresh now.") % kind
        )
