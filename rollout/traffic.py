"""Changing a share: the only function that writes a route."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.db import transaction

from rollout import routes
from rollout.models import Change, Route


class RouteConflict(Exception):
    """Raised when a route changed between being read and being written."""


class UnknownRoute(LookupError):
    """Raised when a kind has no route."""


def switch(
    *,
    percentage: Decimal,
    kinds: Sequence[str],
    actor: str,
    reason: str,
    source: str = Change.Source.MANUAL,
    expected_epochs: Mapping[str, int] | None = None,
) -> list[Change]:
    """Send `percentage` of the devices of `kinds` to the stream: route, epoch and history in one transaction.

    A kind that has that share already is left alone. `expected_epochs`: what the caller decided on; a kind in it
    whose route has another epoch by now is a conflict. Raises UnknownRoute, RouteConflict; then nothing changed.
    """
    changes = []
    with transaction.atomic():
        for kind in sorted(kinds):
            route = Route.objects.filter(kind=kind).first()
            if route is None:
                raise UnknownRoute(f"no route for {kind!r}; run migrate")
            if expected_epochs is not None and expected_epochs.get(kind, route.epoch) != route.epoch:
                raise RouteConflict(f"the route of {kind} was changed by somebody else; look and try again")
            if route.percentage == percentage:
                continue
            updated = Route.objects.filter(pk=route.pk, epoch=route.epoch).update(
                percentage=percentage, epoch=route.epoch + 1
            )
            if updated != 1:
                raise RouteConflict(f"the route of {kind} was changed by somebody else; look and try again")
            changes.append(
                Change.objects.create(
                    kind=kind,
                    epoch=route.epoch + 1,
                    from_percentage=route.percentage,
                    to_percentage=percentage,
                    source=source,
                    actor=actor,
                    reason=reason,
                )
            )
        transaction.on_commit(routes.current.refresh)
    return changes
