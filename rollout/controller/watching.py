"""Web processes watch that somebody leads: a controller that is silent can not say so itself."""

import time
from collections.abc import Callable

from django.db import Error

from ljwx.background import Refreshed
from monitoring import alarms
from rollout.controller.state import ALARM, LEASE_S, leader
from rollout.models import Plan, Route

# Three rounds, and the time in which another one takes the lead.
SILENT_S = LEASE_S + 3.0

clock: Callable[[], float] = time.monotonic
_seen_at: float | None = None


def watch() -> None:
    """Sound the alarm while nobody has led for `SILENT_S` although a plan is active or a share is above 0. The leader
    clears it. Raises django.db.Error."""
    global _seen_at
    now = clock()
    if _seen_at is None or leader() is not None:
        _seen_at = now
        return
    if now - _seen_at > SILENT_S and (
        Plan.objects.filter(active=True).exists() or Route.objects.filter(percentage__gt=0).exists()
    ):
        alarms.sound(ALARM, "no controller gives a sign of life: nothing is judged, no plan moves")


watched: Refreshed[None] = Refreshed("the controller", watch, initial=None, errors=(Error,))
