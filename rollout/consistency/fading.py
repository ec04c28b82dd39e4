"""The end of mirrored records: their rows are deleted when no check looks at them any more."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings

from rollout.consistency import findings
from rollout.models import CheckFinding
from streaming import registry

CHUNK = 1_000
BY = "the time to live of mirrored records"


class Fading:
    """Deletes shadow rows that are older than LJWX_SHADOW_MINUTES, in chunks of one table and transaction each.

    Whether there is anything to delete is asked once a minute; what there is then is deleted a little in each round.
    """

    clock: Callable[[], float] = staticmethod(time.perf_counter)

    def __init__(self, *, every_s: float = 60.0) -> None:
        self._every_s = every_s
        self._due_at = 0.0

    def step(self, *, now: float, budget_s: float = 0.1) -> int:
        """Delete for about `budget_s` seconds of database time; returns how many rows. `now`: seconds since 1970.
        Raises django.db.Error."""
        if now < self._due_at:
            return 0
        before = datetime.fromtimestamp(now - settings.SHADOW_MINUTES * 60, UTC)
        began, total = self.clock(), 0
        for kind in registry.shadows():
            while kind.mirrored is not None:
                deleted = kind.mirrored.prune(before, CHUNK)
                total += deleted
                if self.clock() - began >= budget_s:
                    return total
                if deleted < CHUNK:
                    break
        self._due_at = now + self._every_s
        return total


def resolve(*, now: float) -> int:
    """End the open findings of mirrored records that are gone: nobody can look at them again. Returns how many. Raises
    django.db.Error."""
    before_ms = round((now - settings.SHADOW_MINUTES * 60) * 1000)
    names = [kind.name for kind in registry.shadows()]
    rows = CheckFinding.objects.filter(kind__in=names, resolved_at__isnull=True, entry_ms__lt=before_ms)
    return findings.resolve(list(rows.values_list("pk", flat=True)[:CHUNK]), by=BY)
