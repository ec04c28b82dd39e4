"""Who leads the controllers."""

from rollout import lease
from rollout.lease import Leader

NAME = "controller"
# Stands while nobody leads although somebody should.
ALARM = "controller"
# Longer than a slow round; a leader that dies is replaced after it.
LEASE_S = 5.0


def leader() -> Leader | None:
    """The controller that leads now; None when none does. Raises django.db.Error."""
    return lease.leader(NAME)
