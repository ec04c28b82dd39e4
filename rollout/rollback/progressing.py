"""The active rollback, one bounded step further."""

from datetime import UTC, datetime

from rollout.lease import Fence
from rollout.models import Rollback
from rollout.rollback.confirming import confirm
from rollout.rollback.draining import count, drain
from rollout.rollback.staying import active
from rollout.rollback.stepping import step
from rollout.rollback.verifying import verify

S = Rollback.Status
STAGES = {S.LOWERING: step, S.CONFIRMING: confirm, S.DRAINING: drain, S.VERIFYING: verify}


def progress(*, now: float, fence: Fence) -> bool:
    """Take the active rollback one step further, when there is one: lowering, confirming, draining, verifying, done.
    True when anything was written.

    The controller calls it each second; `now`: seconds since 1970 by the database's clock. Anybody may, at the same
    time too: each step is one transaction that finds the rollback as it was read or changes nothing, and calls `fence`
    inside. Raises what `fence` raises, and django.db.Error.
    """
    rollback = active()
    if rollback is None:
        return False
    counted = rollback.in_stream is None and count(rollback, fence=fence)
    return STAGES[S(rollback.status)](rollback, now=datetime.fromtimestamp(now, tz=UTC), fence=fence) or counted
