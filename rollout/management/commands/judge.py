"""`manage.py judge`: the stored decisions judged again, by the same thresholds or by others."""

import argparse
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from rollout import policies
from rollout.guardrails import policy as rules
from rollout.guardrails.policy import Policy
from rollout.models import GuardrailPolicy
from rollout.replaying import replay

FOUND = 10
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def duration(text: str) -> timedelta:
    """`90s`, `30m`, `2h` or `7d`."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not found:
        raise argparse.ArgumentTypeError("a number with s, m, h or d, such as 2h")
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])


class Command(BaseCommand):
    help = (
        "Judge the stored decisions again: bit for bit the same by the same thresholds, and what others would say."
        " Example: manage.py judge --since 2h --policy tried.json. Exit 10 when a judgement differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=duration, default=timedelta(hours=2), help="how far back (2h)")
        parser.add_argument(
            "--policy", default="", help="a version, or a file with thresholds as JSON; else each its own"
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        report = replay(since=timezone.now() - options["since"], policy=self._policy(options["policy"]))
        if options["format"] == "json":
            self.stdout.write(json.dumps(report.counts()))
        else:
            for line in report.lines():
                self.stdout.write(line)
        if report.different:
            raise SystemExit(FOUND)

    def _policy(self, text: str) -> Policy | None:
        if not text:
            return None
        if text.isdigit():
            row = GuardrailPolicy.objects.filter(version=int(text)).first()
            if row is None:
                raise CommandError(_("There is no version %s of the thresholds.") % text, returncode=2)
            return policies.read(row)
        try:
            return rules.decode(Path(text).read_text(encoding="utf-8"))
        except (OSError, msgspec.MsgspecError) as error:
            raise CommandError(_("These are no thresholds: %s") % error, returncode=2) from error
