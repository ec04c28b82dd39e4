"""Lowering shares inside the transaction of a rollback."""

from collections.abc import Mapping
from decimal import Decimal

from rollout import traffic
from rollout.models import Change, Plan, Rollback, Route


def hold() -> tuple[Plan | None, dict[str, Decimal], Rollback | None]:
    """The active plan, the share of every kind and the active rollback, all held until the transaction ends."""
    # Always in this order, and the routes kind by kind as traffic.switch writes them: fewer deadlocks.
    plan = Plan.objects.select_for_update().filter(active=True).first()
    shares = {
        kind: Route.objects.select_for_update().get(kind=kind).percentage
        for kind in sorted(Route.objects.values_list("kind", flat=True))
    }
    return plan, shares, Rollback.objects.select_for_update().filter(active=True).first()


def lower(rollback: Rollback, shares: Mapping[str, Decimal], *, actor: str, reason: str) -> list[Change]:
    """Take each kind down to its share; one that is there or below stays."""
    held = dict(Route.objects.filter(kind__in=shares).values_list("kind", "percentage"))
    source = Change.Source.GUARDRAIL if rollback.source == Change.Source.GUARDRAIL else Change.Source.ROLLBACK
    changes: list[Change] = []
    for share in sorted(set(shares.values())):
        kinds = [kind for kind in shares if shares[kind] == share < held[kind]]
        changes += traffic.switch(
            percentage=share, kinds=kinds, actor=actor, reason=reason, source=source, plan=rollback.plan,
            rollback=rollback,
        )  # fmt: skip
    return changes
