"""A plan on its way back. The request is never lost: once it is written no other transition passes."""

from django.utils import timezone

from rollout.models import Plan, Step
from rollout.plans.actions import ACTIVE, MOVING, UNDER_WAY
from rollout.plans.moving import atomic, move, refused

S = Plan.Status
T = Step.Status


@atomic
def roll_back(plan_id: int, *, actor: str, reason: str) -> Plan:
    """Take an active plan out of its steps, from whatever it is doing, whichever version it has. Harmless when it is
    rolling back already. Raises Conflict for a plan that is not active."""
    plan = Plan.objects.select_for_update().get(pk=plan_id)
    if plan.status not in ACTIVE:
        raise refused(plan, "rollback")
    if plan.status not in MOVING:
        return plan
    now = timezone.now()
    begun = {str(step.position): [step.status, _left(step.status)] for step in plan.steps.exclude(status=T.PENDING)}
    plan.steps.filter(status__in=UNDER_WAY).update(status=T.FAILED, ended_at=now)
    plan.steps.filter(status=T.PASSED).update(status=T.REVERTED)
    plan.pauses.filter(standing=True).update(standing=None, cleared_at=now, cleared_by=actor)
    return move(
        plan, action="rollback", actor=actor, reason=reason, to=S.ROLLING_BACK, rollback_requested_at=now,
        facts={"steps": begun},
    )  # fmt: skip


def _left(status: str) -> T:
    return T.FAILED if status in UNDER_WAY else T.REVERTED


@atomic
def drain(plan_id: int, *, actor: str) -> Plan:
    """All processes have confirmed the lowered share: what is in the stream is on its way."""
    return _on(plan_id, "drain", actor, S.ROLLING_BACK, S.DRAINING)


@atomic
def end(plan_id: int, *, actor: str, reason: str = "") -> Plan:
    """Drained and checked: the plan is rolled back."""
    return _on(plan_id, "end", actor, S.DRAINING, S.ROLLED_BACK, reason=reason)


def _on(plan_id: int, action: str, actor: str, source: str, to: str, *, reason: str = "") -> Plan:
    plan = Plan.objects.select_for_update().get(pk=plan_id)
    if plan.status == to:
        return plan
    if plan.status != source:
        raise refused(plan, action)
    ended_at = timezone.now() if to == S.ROLLED_BACK else None
    return move(plan, action=action, actor=actor, reason=reason, to=to, ended_at=ended_at)
