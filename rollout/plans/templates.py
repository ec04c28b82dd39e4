"""Steps that need not be written down one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext as _

from rollout.plans.errors import Invalid

MINUTE, HOUR = 60, 3600
MOST_STEPS = 100
LONGEST_S = 30 * 24 * HOUR


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step that is to be: percent of devices, and the seconds that it is observed at least."""

    percentage: Decimal
    observe_s: int


TEMPLATES: dict[str, tuple[StepDraft, ...]] = {
    "three-phase": tuple(
        StepDraft(Decimal(percentage), hours * HOUR)
        for percentage, hours in ((5, 2), (10, 2), (30, 6), (50, 12), (75, 24), (100, 24))
    ),
    "fast": tuple(StepDraft(Decimal(percentage), 10 * MINUTE) for percentage in (10, 25, 50, 100)),
}


def generated(*, target: Decimal, step_size: Decimal, interval_s: int) -> tuple[StepDraft, ...]:
    """Steps of `step_size` up to `target`, the last one smaller when they do not meet. Raises Invalid."""
    if not (step_size.is_finite() and target.is_finite()) or step_size <= 0 or target <= 0:
        raise Invalid(_("The target and the step size must be above 0."))
    if target / step_size > MOST_STEPS:
        raise Invalid(_("A plan has %d steps at most.") % MOST_STEPS)
    steps: list[StepDraft] = []
    share = Decimal(0)
    while share < target:
        share = min(share + step_size, target)
        steps.append(StepDraft(share, interval_s))
    return tuple(steps)


def check(steps: Sequence[StepDraft]) -> None:
    """Raises Invalid unless `steps` are a plan: shares that rise, in range, with two decimals at most."""
    if not 1 <= len(steps) <= MOST_STEPS:
        raise Invalid(_("A plan has 1 to %d steps.") % MOST_STEPS)
    for step in steps:
        share = step.percentage
        if not share.is_finite() or not 0 < share <= 100 or share != share.quantize(Decimal("0.01")):
            raise Invalid(_("A step's share is above 0 and at most 100, with two decimals at most."))
        if not 0 <= step.observe_s <= LONGEST_S:
            raise Invalid(_("A step is observed for 0 seconds to 30 days."))
    if any(after.percentage <= before.percentage for before, after in pairwise(steps)):
        raise Invalid(_("Each step's share is above the one before it."))
