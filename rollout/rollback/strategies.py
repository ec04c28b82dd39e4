"""What each strategy does to each kind: the shares it goes down to, from the present ones and the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rollout.models import Plan, Rollback, Step
from rollout.rollback import ladders
from rollout.rollback.errors import RollbackRefused

S = Rollback.Strategy
THROUGH_A_PLAN = (S.PREVIOUS_STEP, S.GRADUAL)


@dataclass(frozen=True, slots=True)
class Way:
    """The way back: per kind the shares to go down to, empty where nothing is to be done. `strategy` is what is done:
    gradual when what was asked for would not fit."""

    strategy: str
    target: Decimal
    ladders: dict[str, list[Decimal]]


def way(strategy: str, *, shares: Mapping[str, Decimal], plan: Plan | None, target: Decimal, fits: bool | None) -> Way:
    """How the kinds in `shares` go down to `target`. A strategy that jumps goes in steps when the legacy path is known
    to be too small for it (`fits` is False)."""
    if strategy != S.GRADUAL and fits is not False:
        return Way(strategy, target, {kind: ladders.jump(share, target=target) for kind, share in shares.items()})
    steps = [step.percentage for step in _begun(plan)]
    down = {kind: ladders.down(share, target=target, steps=steps) for kind, share in shares.items()}
    return Way(S.GRADUAL, target, down)


def end(strategy: str, *, plan: Plan | None, target: Decimal | None) -> Decimal:
    """The share that `strategy` ends at. Raises RollbackRefused when that can not be said."""
    if strategy not in S.values:
        raise RollbackRefused(f"the strategy must be one of: {', '.join(S.values)}")
    if target is not None and strategy not in (S.TO_PERCENTAGE, S.GRADUAL):
        raise RollbackRefused(f"{strategy} goes where it goes: leave the percentage out")
    if target is None and strategy == S.TO_PERCENTAGE:
        raise RollbackRefused("to-percentage needs the percentage to go to")
    if target is None:
        return _before(plan) if strategy == S.PREVIOUS_STEP else Decimal(0)
    if not target.is_finite() or not 0 <= target <= 100 or target != target.quantize(Decimal("0.01")):
        raise RollbackRefused("the percentage to go to is 0 to 100, with two decimals at most")
    return target


def chosen(strategy: str, *, kinds: Sequence[str] | None, plan: Plan | None, known: Sequence[str]) -> list[str]:
    """The kinds that go back, sorted: those that were asked for, else the plan's when the way goes through its steps,
    else all. Raises RollbackRefused when one has no route."""
    default = plan.kinds if plan and strategy in THROUGH_A_PLAN else known
    found = sorted(set(default if kinds is None else kinds))
    if not found or set(found) - set(known):
        raise RollbackRefused(f"the kinds must be some of: {', '.join(sorted(known))}")
    return found


def _before(plan: Plan | None) -> Decimal:
    """The share of the step before the one that is applied now."""
    begun = _begun(plan)
    return begun[-2].percentage if len(begun) > 1 else Decimal(0)


def _begun(plan: Plan | None) -> list[Step]:
    return list(plan.steps.exclude(status=Step.Status.PENDING).order_by("position")) if plan else []
