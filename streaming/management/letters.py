"""What the commands on dead letters share: which letters are meant, and a progress bar for people."""

import argparse
import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streaming import registry
from streaming.models import DeadLetter
from streaming.settling import Letters, still_open

FILTERS = ("kind", "category", "fingerprint", "device", "since", "until", "ids")


def numbers(text: str) -> list[int]:
    """Letter numbers, comma-separated."""
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of numbers") from None


def moment(text: str) -> datetime:
    """A time as people write it: `2026-09-15`, `2026-09-15 12:00:00`, either with a zone; without one it is the
    site's."""
    try:
        found = parse_datetime(text if len(text) > len("2026-09-15") else f"{text} 00:00")
    except ValueError:
        found = None
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-09-15 or 2026-09-15T12:00:00+08:00")
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def add_arguments(parser: CommandParser) -> None:
    """Which letters, by whom and why."""
    parser.add_argument("--kind", help="letters of this kind: health, device or event")
    parser.add_argument("--category", help='letters of this reason, without its values: "implausible"')
    parser.add_argument("--fingerprint", help="letters of the group with this fingerprint, as dead_letters lists it")
    parser.add_argument("--since", type=moment, help="letters received at this time or later")
    parser.add_argument("--until", type=moment, help="letters received before this time")
    parser.add_argument("--device", help="letters of the device with this exact serial")
    parser.add_argument("--ids", type=numbers, help="letters with these numbers, comma-separated")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
    parser.add_argument("--reason", default="", help="kept with the letter")
    parser.add_argument("--actor", default="", help="kept with the letter (your login)")
    parser.add_argument("--format", choices=["text", "json"], default="text")


def select(options: dict[str, Any]) -> Letters:
    """The open letters that the options mean. Raises CommandError (2) for a kind that nobody registered."""
    letters = still_open(DeadLetter.objects)
    if options["kind"]:
        try:
            letters = letters.filter(kind=registry.get(options["kind"]).name)
        except registry.UnknownKind as error:
            raise CommandError(str(error), returncode=2) from error
    if options["category"]:
        letters = letters.filter(category=options["category"])
    if options["fingerprint"]:
        letters = letters.filter(fingerprint=options["fingerprint"])
    if options["since"]:
        letters = letters.filter(received_at__gte=options["since"])
    if options["until"]:
        letters = letters.filter(received_at__lt=options["until"])
    if options["device"]:
        letters = letters.filter(device_sn=options["device"])
    if options["ids"] is not None:
        letters = letters.filter(pk__in=options["ids"])
    return letters


def actor(options: dict[str, Any]) -> str:
    return options["actor"] or getpass.getuser()


@contextmanager
def progress(*, total: int) -> Iterator[Callable[[int], None]]:
    """Gives what is to be told of each step; draws a bar on stderr when that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn(_("dead letters")), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.advance(task, done)
