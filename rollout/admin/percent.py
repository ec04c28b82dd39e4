"""Shares for people: without the zeros that say nothing."""

from collections.abc import Sequence
from decimal import Decimal

from rollout.models import Route


def percent(share: Decimal) -> str:
    """`10 %`, `12.5 %`."""
    return f"{share.normalize():f} %"


def present(kinds: Sequence[str]) -> dict[str, Decimal]:
    """The share of the route of each of `kinds`."""
    return dict(Route.objects.filter(kind__in=kinds).order_by("kind").values_list("kind", "percentage"))


def together(shares: dict[str, Decimal]) -> str:
    """One share when all kinds have the same, else each with its kind."""
    if len(set(shares.values())) == 1:
        return percent(next(iter(shares.values())))
    return ", ".join(f"{kind} {percent(share)}" for kind, share in shares.items()) or "–"
