"""The active rollback, and changing it only while it is as it was read."""

from typing import Any

from rollout.lease import Fence
from rollout.models import Rollback
from rollout.plans.moving import atomic
from rollout.rollback import facts
from rollout.rollback.facts import Facts


def active() -> Rollback | None:
    """The rollback that is under way. Raises django.db.Error."""
    return Rollback.objects.filter(active=True).select_related("plan").first()


def same(rollback: Rollback) -> bool:
    """Whether nobody has changed the row since it was read; held until the transaction ends."""
    now = Rollback.objects.select_for_update().get(pk=rollback.pk)
    return (now.status, now.facts) == (rollback.status, rollback.facts)


@atomic
def note(rollback: Rollback, held: Facts, *, fence: Fence, **values: Any) -> bool:
    """Keep what a round found; False when there is nothing new, or the rollback is another by now."""
    fence()
    stored = facts.written(held)
    if (stored == rollback.facts and not values) or not same(rollback):
        return False
    return Rollback.objects.filter(pk=rollback.pk).update(facts=stored, **values) == 1
