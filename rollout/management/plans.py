"""What `manage.py plan` reads from its arguments."""

import argparse
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from ljwx.management.arguments import percent, reason
from rollout.plans.errors import Invalid
from rollout.plans.templates import MINUTE, TEMPLATES, StepDraft, generated

STEP_SIZE = Decimal(10)
INTERVAL_MINUTES = 30


def steps(text: str) -> tuple[StepDraft, ...]:
    """`5:120,10:120`: percent and minutes of observation of each step."""
    found = []
    for part in text.split(","):
        share, _separator, minutes = part.partition(":")
        try:
            found.append(StepDraft(percent(share.strip()), int(minutes) * MINUTE))
        except ValueError:
            raise argparse.ArgumentTypeError(f"{part!r}: PERCENT:MINUTES, such as 5:120") from None
    return tuple(found)


def add_creation(parser: CommandParser) -> None:
    """The options that say what a new plan is."""
    parser.add_argument("--name", required=True)
    parser.add_argument("--template", choices=list(TEMPLATES))
    parser.add_argument("--steps", type=steps, metavar="PERCENT:MINUTES,...", help="each step, such as 5:120,10:120")
    parser.add_argument("--target", type=percent, metavar="PERCENT", help="generate steps up to it")
    parser.add_argument("--step-size", type=percent, metavar="PERCENT", help=f"with --target ({STEP_SIZE})")
    parser.add_argument("--interval-minutes", type=int, metavar="N", help=f"with --target ({INTERVAL_MINUTES})")
    parser.add_argument("--kinds", type=lambda text: text.split(","), help="such as health,event; all when left out")
    parser.add_argument("--auto-execute", action="store_true", help="the controller advances when every gate passes")
    parser.add_argument("--dry-run", action="store_true", help="show the plan, keep nothing")
    add_common(parser)


def add_common(parser: CommandParser, *, needs_reason: bool = False) -> None:
    """Who asks, why, and in which form the answer is."""
    parser.add_argument("--reason", type=reason, required=needs_reason, help="kept in the history")
    parser.add_argument("--actor", default="", help="kept in the history (your login)")
    parser.add_argument("--format", choices=["text", "json"], default="text")


def drafts(options: Mapping[str, Any]) -> Sequence[StepDraft]:
    """The steps that are asked for in one of the three ways. Raises Invalid."""
    ways = [name for name in ("template", "steps", "target") if options[name] is not None]
    if len(ways) != 1:
        raise Invalid(_("Say one of --template, --steps and --target."))
    if ways != ["target"] and (options["step_size"] is not None or options["interval_minutes"] is not None):
        raise Invalid(_("--step-size and --interval-minutes go with --target."))
    match ways[0]:
        case "template":
            return TEMPLATES[options["template"]]
        case "steps":
            found: tuple[StepDraft, ...] = options["steps"]
            return found
        case _other:
            minutes = INTERVAL_MINUTES if options["interval_minutes"] is None else options["interval_minutes"]
            size = STEP_SIZE if options["step_size"] is None else options["step_size"]
            return generated(target=options["target"], step_size=size, interval_s=minutes * MINUTE)
