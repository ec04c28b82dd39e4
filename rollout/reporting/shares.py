"""The share of each kind over time."""

from collections.abc import Sequence
from dataclasses import dataclass

from rollout.models import Change, Route
from rollout.reporting.period import Period

MOST = 2_000


@dataclass(frozen=True, slots=True)
class Shares:
    """`changes`: those of the time, oldest first. `lines`: of each kind its share from each moment (seconds since 1970)
    on, the first at the beginning. `left_out`: there were more changes than are told."""

    changes: Sequence[Change]
    lines: dict[str, list[tuple[float, float]]]
    left_out: bool

    @property
    def first(self) -> dict[str, float]:
        return {kind: line[0][1] for kind, line in self.lines.items()}

    @property
    def last(self) -> dict[str, float]:
        return {kind: line[-1][1] for kind, line in self.lines.items()}


def shares(period: Period) -> Shares:
    """Of the kinds of the plan, or of all. Raises django.db.Error."""
    routes = Route.objects.order_by("kind")
    if period.plan is not None:
        routes = routes.filter(kind__in=period.plan.kinds)
    rows = Change.objects.filter(created_at__range=period.span, kind__in=[route.kind for route in routes])
    found = list(rows.select_related("plan").order_by("created_at", "id")[: MOST + 1])
    changes = found[:MOST]
    lines = {}
    for route in routes:
        own = [each for each in changes if each.kind == route.kind]
        line = [(period.since_s, _before(route, own, period))]
        line += [(each.created_at.timestamp(), float(each.to_percentage)) for each in own]
        lines[route.kind] = line
    return Shares(changes, lines, len(found) > MOST)


def _before(route: Route, own: Sequence[Change], period: Period) -> float:
    """The share at the beginning."""
    if own:
        return float(own[0].from_percentage)
    later = Change.objects.filter(kind=route.kind, created_at__gt=period.until).order_by("epoch").first()
    return float(later.from_percentage if later else route.percentage)
