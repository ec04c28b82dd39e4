"""Until every live process routes by the lowered share."""

from datetime import datetime

from django.utils.translation import gettext_noop as _
from msgspec.structs import replace

from rollout import confirmation, traffic
from rollout.lease import Fence
from rollout.models import Rollback
from rollout.plans import returning
from rollout.plans.moving import atomic
from rollout.rollback import facts
from rollout.rollback.facts import Facts
from rollout.rollback.lowering import hold
from rollout.rollback.said import Said
from rollout.rollback.staying import note, same

S = Rollback.Status


def confirm(rollback: Rollback, *, now: datetime, fence: Fence) -> bool:
    """Effective once nobody is left who may send a device by the old share: the plan drains then."""
    held = facts.read(rollback.facts)
    if late := confirmation.unconfirmed(traffic.epochs(rollback.kinds)):
        said = Said(_("not confirmed by: %(processes)s"), {"processes": ", ".join(late)})
        return note(rollback, replace(held, waits=[said]), fence=fence)
    found = [] if confirmation.witnesses() else [Said(_("no web process was there to confirm it"))]
    return _effective(rollback, replace(held, waits=[], found=found), now=now, fence=fence)


@atomic
def _effective(rollback: Rollback, held: Facts, *, now: datetime, fence: Fence) -> bool:
    fence()
    hold()
    if not same(rollback):
        return False
    if rollback.plan is not None:
        returning.drain(rollback.plan.pk, actor=rollback.actor)
    rollback.status, rollback.effective_at, rollback.facts = S.DRAINING, now, facts.written(held)
    rollback.save(update_fields=["status", "effective_at", "facts"])
    return True
