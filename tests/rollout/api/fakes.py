"""Stand-ins for the parts of the control plane that the API calls, as small as what it relies on."""

import types
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rollout import traffic
from rollout.models import Change, Plan, Route
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


@dataclass(frozen=True, slots=True)
class Leader:
    holder: str
    token: int
    age_s: float


def modules() -> dict[str, Any]:
    """Every stand-in by the name of the module that it stands in for."""
    found: dict[str, dict[str, Any]] = {
        "rollout.manual": {"switch": switch},
        "rollout.checklists": {"preflight": lambda plan: [], "items": lambda plan: []},
        "rollout.controller": {},
        "rollout.controller.state": {"leader": lambda: Leader("host:1", 7, 0.4)},
    }
    made = {}
    for name, members in found.items():
        made[name] = types.ModuleType(name)
        vars(made[name]).update(members)
    return made
