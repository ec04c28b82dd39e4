"""On the way down in steps: the next share when its time has come."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from msgspec.structs import replace

from rollout.lease import Fence
from rollout.models import Rollback
from rollout.plans.moving import atomic
from rollout.rollback import facts
from rollout.rollback.lowering import hold, lower
from rollout.rollback.staying import same

S = Rollback.Status


@atomic
def step(rollback: Rollback, *, now: datetime, fence: Fence) -> bool:
    """Take every kind one share further down once the interval is over. A round that comes late takes one step all the
    same: missed time skips none."""
    fence()
    held = facts.read(rollback.facts)
    if held.next_at is not None and now < held.next_at:
        return False
    hold()
    if not same(rollback):
        return False
    shares = {kind: ladder[0] for kind, ladder in held.ladders.items()}
    lower(rollback, shares, actor=rollback.actor, reason=_("next step down: %s") % rollback.reason[:200])
    left = {kind: ladder[1:] for kind, ladder in held.ladders.items() if ladder[1:]}
    rollback.status = S.LOWERING if left else S.CONFIRMING
    rollback.lowered_at = None if left else now
    next_at = now + timedelta(seconds=rollback.interval_s) if left else None
    rollback.facts = facts.written(replace(held, ladders=left, next_at=next_at, waits=[]))
    rollback.save(update_fields=["status", "lowered_at", "facts"])
    return True
