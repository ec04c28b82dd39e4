"""Moving traffic by hand: while no plan is active, or in an emergency, downwards."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from rollout import rollback, traffic
from rollout.models import Change, Plan, Rollback, Route
from rollout.plans.errors import Conflict
from rollout.plans.moving import atomic


def switch(
    *,
    actor: str,
    reason: str,
    percentage: Decimal | None = None,
    mirror: Decimal | None = None,
    kinds: Sequence[str] | None = None,
    emergency: bool = False,
    expected_epochs: Mapping[str, int] | None = None,
) -> list[Change]:
    """Set the shares of `kinds` (None: all) by hand; None leaves a share as it is.

    While a plan is active, or a way back is not over, nobody moves traffic beside it: Conflict. In an `emergency` it
    may be lowered all the same, by a rollback to that percentage, which ends the plan; what would raise a share is a
    Conflict then too. Raises traffic.UnknownRoute, traffic.RouteConflict. Nothing is changed when it raises.
    """
    wanted = sorted(Route.objects.values_list("kind", flat=True)) if kinds is None else list(kinds)
    if emergency:
        return _lower(wanted, percentage, mirror, actor=actor, reason=reason, expected_epochs=expected_epochs)
    return _switch(wanted, percentage, mirror, actor=actor, reason=reason, expected_epochs=expected_epochs)


@atomic
def _switch(
    kinds: list[str],
    percentage: Decimal | None,
    mirror: Decimal | None,
    *,
    actor: str,
    reason: str,
    expected_epochs: Mapping[str, int] | None,
) -> list[Change]:
    changes = traffic.switch(
        kinds=kinds, percentage=percentage, mirror=mirror, actor=actor, reason=reason, expected_epochs=expected_epochs
    )
    # Asked after the routes are written and therefore held: a plan that starts from now on finds this change done, one
    # that has started is seen. Asked before, a step could slip in between.
    if plan := Plan.objects.filter(active=True).first():
        raise Conflict(
            _('The plan "%(plan)s" is %(status)s: traffic is moved by it, or in an emergency downwards.')
            % {"plan": plan.name, "status": plan.get_status_display()}
        )
    if Rollback.objects.filter(active=True).exists():
        raise Conflict(
            _("A rollback is under way: traffic can be moved when it is over, or in an emergency downwards.")
        )
    return changes


def _lower(
    kinds: list[str],
    percentage: Decimal | None,
    mirror: Decimal | None,
    *,
    actor: str,
    reason: str,
    expected_epochs: Mapping[str, int] | None,
) -> list[Change]:
    """By a rollback, which needs no approval, ends the plan and is followed until it is drained and verified."""
    if percentage is None or mirror is not None:
        raise Conflict(_("In an emergency the share on the stream is lowered, and nothing else."))
    routes = {route.kind: route for route in Route.objects.filter(kind__in=kinds)}
    if missing := set(kinds) - routes.keys():
        raise traffic.UnknownRoute(f"no route for {', '.join(sorted(missing))}; run migrate")
    if raised := [kind for kind in kinds if percentage > routes[kind].percentage]:
        raise Conflict(_("In an emergency a share is only lowered; this would raise it: %s.") % ", ".join(raised))
    if any(routes[kind].epoch != epoch for kind, epoch in (expected_epochs or {}).items() if kind in routes):
        raise traffic.RouteConflict("a route was changed by somebody else; look and try again")
    lowered = any(routes[kind].percentage > percentage for kind in kinds)
    # A plan that stands at this share already must still not raise it again.
    if not lowered and not Plan.objects.filter(active=True).exists():
        return []
    row = rollback.execute_rollback(
        "to-percentage", reason, actor, kinds=kinds, target=percentage, source=Change.Source.MANUAL
    )
    return list(Change.objects.filter(rollback=row, kind__in=kinds).order_by("id"))
