"""Changing a share: the only function that writes a route."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from rollout import routes
from rollout.models import Change, Plan, Rollback, Route


class RouteConflict(Exception):
    """Raised when a route changed between being read and being written."""


class UnknownRoute(LookupError):
    """Raised when a kind has no route."""


def switch(
    *,
    kinds: Sequence[str],
    actor: str,
    reason: str,
    percentage: Decimal | None = None,
    mirror: Decimal | None = None,
    source: str = Change.Source.MANUAL,
    expected_epochs: Mapping[str, int] | None = None,
    plan: Plan | None = None,
    rollback: Rollback | None = None,
    metrics: Mapping[str, Any] | None = None,
    beyond: Mapping[str, int] | None = None,
) -> list[Change]:
    """Send `percentage` of the devices of `kinds` to the stream, and mirror `mirror` percent of the others: route,
    epoch and history in one transaction. None leaves a share as it is.

    A kind that has these shares already is left alone. `expected_epochs`: what the caller decided on; a kind in it
    whose route has another epoch by now is a conflict. `beyond`: epochs that were used already, though the route does
    not know of them; the next is above. Raises UnknownRoute, RouteConflict; then nothing changed.
    """
    changes = []
    with transaction.atomic():
        for kind in sorted(kinds):
            route = Route.objects.filter(kind=kind).first()
            if route is None:
                raise UnknownRoute(f"no route for {kind!r}; run migrate")
            if expected_epochs is not None and expected_epochs.get(kind, route.epoch) != route.epoch:
                raise RouteConflict(f"the route of {kind} was changed by somebody else; look and try again")
            share = route.percentage if percentage is None else percentage
            mirrored = route.mirror_percentage if mirror is None else mirror
            used = max(route.epoch, (beyond or {}).get(kind, 0))
            if (route.percentage, route.mirror_percentage, route.epoch) == (share, mirrored, used):
                continue
            updated = Route.objects.filter(pk=route.pk, epoch=route.epoch).update(
                percentage=share, mirror_percentage=mirrored, epoch=used + 1, updated_at=timezone.now()
            )
            if updated != 1:
                raise RouteConflict(f"the route of {kind} was changed by somebody else; look and try again")
            changes.append(
                Change.objects.create(
                    kind=kind,
                    epoch=used + 1,
                    from_percentage=route.percentage,
                    to_percentage=share,
                    from_mirror=route.mirror_percentage,
                    to_mirror=mirrored,
                    source=source,
                    actor=actor,
                    reason=reason,
                    plan=plan,
                    rollback=rollback,
                    metrics=dict(metrics or {}),
                )
            )
        transaction.on_commit(routes.current.refresh)
    return changes


def epochs(kinds: Sequence[str]) -> dict[str, int]:
    """The epoch of the route of each kind, as the database has it."""
    return dict(Route.objects.filter(kind__in=kinds).values_list("kind", "epoch"))
