"""The thread that has the rules look: in every web process and every controller, one of them at a time.

A controller that is silent is found by a web process, which tells people of it too.
"""

import logging
import time
from collections.abc import Callable

from django.db import Error

from ljwx import databaseclock
from ljwx.background import Refreshed
from monitoring.alerts import evaluating, registry
from monitoring.alerts.pruning import prune
from rollout import lease
from rollout.alerting import facts
from rollout.lease import Holding, LeaseLost

log = logging.getLogger(__name__)

NAME = "alerts"
# Another process goes on after so long when the one that looks has died.
LEASE_S = 15.0
RENEWED_EVERY_S = 5.0
LOOKED_EVERY_S = 2.0
PRUNED_EVERY_S = 600.0


class Watch:
    """One candidate. Guarantee: whatever a look changes is one transaction that names the fencing token, so that two
    processes never leave the same notice twice."""

    clock: Callable[[], float] = staticmethod(databaseclock.now)
    watch: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, *, holder: str = "") -> None:
        self.holding: Holding | None = None
        self._holder = holder
        self._looked_at = self._renewed_at = self._pruned_at = float("-inf")

    def step(self) -> bool:
        """Look, when it is time and this one leads; whether it did. Raises django.db.Error."""
        now = self.watch()
        if now - self._looked_at < LOOKED_EVERY_S:
            return False
        self._looked_at = now
        try:
            holding = self._held(now)
            if holding is None:
                return False
            evaluating.evaluate(facts.gather(), registry.rules(), now=self.clock(), fence=holding.fence)
        except LeaseLost as error:
            log.info("%s", error)
            self.holding = None
            return False
        if now - self._pruned_at >= PRUNED_EVERY_S:
            self._pruned_at = now
            prune(now=self.clock())
        return True

    def _held(self, now: float) -> Holding | None:
        if self.holding is not None:
            if now - self._renewed_at >= RENEWED_EVERY_S:
                self.holding.renew()
                self._renewed_at = now
            return self.holding
        if lease.leader(NAME) is None:
            self.holding = lease.take(NAME, holder=self._holder or lease.here(), seconds=LEASE_S)
            self._renewed_at = now
        return self.holding


def _step() -> None:
    current.step()


current = Watch()
looked: Refreshed[None] = Refreshed("the alerts", _step, initial=None, errors=(Error,))
