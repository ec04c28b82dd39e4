"""The shares that a strategy goes down to, one after the other. Pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from rollout.plans.templates import TEMPLATES

# What lies between when a plan has nothing to go back through.
RUNGS = tuple(step.percentage for step in TEMPLATES["three-phase"])


def jump(share: Decimal, *, target: Decimal) -> list[Decimal]:
    """To `target` at once; nothing when `share` is there or below already, for a way back never raises."""
    return [target] if target < share else []


def down(share: Decimal, *, target: Decimal, steps: Iterable[Decimal]) -> list[Decimal]:
    """From `share` through the `steps` in between to `target`; through those of the three-phase template when there
    are none in between."""
    if target >= share:
        return []
    between = {step for step in steps if target < step < share} or {step for step in RUNGS if target < step < share}
    return [*sorted(between, reverse=True), target]


def merged(old: Sequence[Decimal], new: Sequence[Decimal]) -> list[Decimal]:
    """What is left to go through when `new` joins `old` on its way: each once, downwards, never an end above the
    other's."""
    return sorted({*old, *new}, reverse=True)
