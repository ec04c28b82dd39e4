"""What an earlier demonstration has left behind, and the way back from it."""

from collections.abc import Callable

from ingest.drill import arming
from rollout import rollback
from rollout.models import Plan, Rollback, Route
from rollout.plans import transitions
from rollout.plans.actions import DRAWN_UP

NAME = "demo"


def name(prefix: str) -> str:
    """What the plans of a demonstration are called, by the serials of its devices."""
    return f"{NAME} {prefix}"


def are_ours() -> bool:
    """Whether a demonstration was the last to move a share. Raises django.db.Error."""
    last = Plan.objects.exclude(status__in=DRAWN_UP).order_by("-pk").values_list("name", flat=True).first()
    return last is not None and last.startswith(name(arming.TAG))


def clear(*, actor: str, reason: str) -> Callable[[], bool]:
    """Cancel the plans of earlier demonstrations that have not started, and take the shares back that the last one has
    moved, by the ordinary rollback. What people have moved stays. Returns what tells whether a rollback that was under
    way, or begins here, is over. Raises django.db.Error, PlanError."""
    for plan in Plan.objects.filter(status__in=DRAWN_UP, name__startswith=name(arming.TAG)):
        transitions.cancel(plan.pk, actor=actor, reason=reason)
    moved = Route.objects.exclude(percentage=0).exists() or Plan.objects.filter(active=True).exists()
    if moved and are_ours():
        rollback.execute_rollback(Rollback.Strategy.IMMEDIATE, reason, actor, source="demo", force=True)
    return lambda: not Rollback.objects.filter(active=True).exists()
