"""Stand-ins for the parts of the control plane that the API calls, as small as what it relies on."""

import types
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from rollout import traffic
from rollout.models import Change, Plan, Rollback, Route
from rollout.plans import returning
from rollout.plans.errors import Conflict


def switch(
    *, percentage: Decimal | None = None, mirror: Decimal | None = None, kinds: Sequence[str] | None = None, actor: str,
    reason: str, emergency: bool = False, expected_epochs: dict[str, int] | None = None,
) -> list[Change]:  # fmt: skip
    if Plan.objects.filter(active=True).exists() and not emergency:
        raise Conflict("a plan is active", allowed=["rollback"])
    chosen = kinds or list(Route.objects.values_list("kind", flat=True))
    return traffic.switch(
        percentage=percentage, mirror=mirror, kinds=chosen, actor=actor, reason=reason, expected_epochs=expected_epochs
    )


class RollbackRefused(Exception):
    pass


def execute_rollback(
    strategy: str, reason: str, actor: str = "system", *, kinds: Sequence[str] | None = None,
    target: Decimal | None = None, interval_s: int | None = None, source: str = "python", force: bool = False,
) -> Rollback:  # fmt: skip
    if strategy == "to-percentage" and target is None:
        raise RollbackRefused("no target")
    found = Rollback.objects.filter(active=True).first()
    if found is not None:
        return found
    chosen = sorted(kinds or Route.objects.values_list("kind", flat=True))
    plan = Plan.objects.filter(active=True).first()
    if plan is not None:
        returning.roll_back(plan.pk, actor=actor, reason=reason)
    row = Rollback.objects.create(
        plan=plan, strategy=strategy, kinds=chosen, target=target or 0, before={}, source=source, actor=actor,
        reason=reason, forced=force, requested_at=timezone.now(),
    )  # fmt: skip
    traffic.switch(percentage=target or Decimal(0), kinds=chosen, actor=actor, reason=reason, source="rollback")
    return row


@dataclass(frozen=True, slots=True)
class Leader:
    holder: str
    token: int
    age_s: float


def modules() -> dict[str, Any]:
    """Every stand-in by the name of the module that it stands in for."""
    found: dict[str, dict[str, Any]] = {
        "rollout.manual": {"switch": switch},
        "rollout.rollback": {"execute_rollback": execute_rollback},
        "rollout.rollback.errors": {"RollbackRefused": RollbackRefused},
        "rollout.checklists": {"preflight": lambda plan: [], "items": lambda plan: []},
        "rollout.controller": {},
        "rollout.controller.state": {"leader": lambda: Leader("host:1", 7, 0.4)},
    }
    made = {}
    for name, members in found.items():
        made[name] = types.ModuleType(name)
        vars(made[name]).update(members)
    return made
