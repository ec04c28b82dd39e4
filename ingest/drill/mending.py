"""What a drill has deleted is stored again, by the ordinary check and repair."""

from rollout import consistency
from rollout.consistency.checker import DatabaseConsistencyChecker
from rollout.consistency.errors import CheckRunning
from rollout.consistency.outcomes import Outcome


def mend(*, minutes: int, actor: str, reason: str) -> int | None:
    """Check the last `minutes`, repair what is missing, and check again: the records that are missing still. None while
    somebody else checks or repairs. Raises RepairRefused, LeaseLost, Unavailable, redis.RedisError, django.db.Error."""
    try:
        found = DatabaseConsistencyChecker(actor=actor).run_comprehensive_check(minutes)
        consistency.repair(found.check.pk, actor=actor, reason=reason)
        # The second closes the findings of the rolling check, too.
        return DatabaseConsistencyChecker(actor=actor).run_comprehensive_check(minutes).count(Outcome.MISSING)
    except CheckRunning:
        return None
