"""Where uploads go, as the database has it, and what overrides it here."""

from typing import Any

from rollout import confirmation, override
from rollout.models import Route
from streaming import breaker, safety


def routes() -> dict[str, Any]:
    """Share, mirrored share and epoch of each kind. Raises django.db.Error."""
    return {
        route.kind: {
            "percentage": route.percentage,
            "mirror_percentage": route.mirror_percentage,
            "epoch": route.epoch,
            "updated_at": route.updated_at,
        }
        for route in Route.objects.order_by("kind")
    }


def unconfirmed() -> list[str]:
    """The web processes that do not route by the present epochs yet. Raises django.db.Error."""
    return confirmation.unconfirmed(dict(Route.objects.values_list("kind", "epoch")))


def forced() -> dict[str, Any] | None:
    """The share that holds whatever the routes say, as this process has it; None when nothing is forced."""
    share = override.current.get()
    return None if share is None else {"percentage": share, "from": override.NAME}


def gate() -> dict[str, Any]:
    """Whether this process lets uploads take the stream, and if not, why. At most a second old."""
    found = safety.current.get()
    closed = found.reason or ("Redis did not answer a moment ago" if breaker.current.is_open else "")
    return {"open": found.is_open and not breaker.current.is_open, "reason": closed}
