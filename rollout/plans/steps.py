"""What the controller does to a plan, step by step.

Each is one transaction that calls `fence` inside it: a controller whose lease is over writes nothing. Raises Conflict
when the plan is not as it must be; then nothing was changed.
"""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from rollout import traffic
from rollout.lease import Fence
from rollout.models import Change, Plan, Step
from rollout.plans import people
from rollout.plans.actions import WATCHED, allowed
from rollout.plans.errors import Conflict, NotApproved
from rollout.plans.moving import atomic, locked, move

S = Plan.Status
T = Step.Status


@atomic
def begin(plan_id: int, *, position: int, actor: str, reason: str, metrics: dict[str, Any], fence: Fence) -> Plan:
    """Raise the share to that of step `position`: routes, history and step together. The approval is checked again."""
    fence()
    plan = locked(plan_id, sources=(S.RUNNING,), action="begin")
    if not people.enough(plan):
        raise NotApproved(_("Nobody has approved the plan as it is now."), allowed=allowed(plan.status))
    if plan.steps.filter(position__lt=position).exclude(status=T.PASSED).exists():
        raise Conflict(_("An earlier step has not passed."), allowed=allowed(plan.status))
    step = _change(plan, position, (T.PENDING,), T.APPLYING, applying_since=timezone.now())
    try:
        traffic.switch(
            percentage=step.percentage, kinds=plan.kinds, actor=actor, reason=reason, source=Change.Source.PLAN,
            plan=plan, metrics=metrics,
        )  # fmt: skip
    except (traffic.RouteConflict, traffic.UnknownRoute) as error:
        raise Conflict(str(error), allowed=allowed(plan.status)) from error
    plan.steps.filter(pk=step.pk).update(epochs=traffic.epochs(plan.kinds))
    return _told(plan, "begin", actor, step, T.PENDING, T.APPLYING, reason=reason)


@atomic
def confirm(plan_id: int, *, position: int, actor: str, fence: Fence) -> Plan:
    """All live processes use the epoch of the step: its observation begins."""
    fence()
    plan = locked(plan_id, sources=(S.RUNNING, S.PAUSED), action="confirm")
    step = _change(plan, position, (T.APPLYING,), T.OBSERVING, observing_since=timezone.now())
    return _told(plan, "confirm", actor, step, T.APPLYING, T.OBSERVING)


@atomic
def observe_anew(plan_id: int, *, position: int, actor: str, reason: str, fence: Fence) -> Plan:
    """Time in which nobody looked proves nothing: the observation of the step begins again."""
    fence()
    plan = locked(plan_id, sources=(S.RUNNING, S.PAUSED), action="observe")
    before = plan.steps.get(position=position).status
    step = _change(plan, position, WATCHED, T.OBSERVING, observing_since=timezone.now())
    return _told(plan, "observe", actor, step, before, T.OBSERVING, reason=reason)


@atomic
def hold(
    plan_id: int, *, position: int, actor: str, blocked_by: Sequence[str], held: bool = True, fence: Fence
) -> Plan:
    """A guardrail keeps the step from passing, or, with `held` false, no longer does. `blocked_by`: everything that
    stands in its way, the observation that is not over included."""
    fence()
    plan = locked(plan_id, sources=(S.RUNNING, S.PAUSED), action="hold")
    before = plan.steps.get(position=position).status
    after = T.HELD if held else T.OBSERVING
    step = _change(plan, position, WATCHED, after, blocked_by=list(blocked_by))
    if before == after:
        return plan
    return _told(plan, "hold" if held else "release", actor, step, before, after, facts={"by": list(blocked_by)})


@atomic
def finish(plan_id: int, *, position: int, actor: str, verdict: str, by: str, fence: Fence) -> Plan:
    """The step has passed, advanced `by` a person or the controller. After the last one the plan soaks."""
    fence()
    plan = locked(plan_id, sources=(S.RUNNING,), action="pass")
    before = plan.steps.get(position=position).status
    now = timezone.now()
    step = _change(plan, position, WATCHED, T.PASSED, ended_at=now, verdict=verdict, advanced_by=by, blocked_by=[])
    plan = _told(plan, "pass", actor, step, before, T.PASSED)
    if plan.steps.exclude(status=T.PASSED).exists():
        return plan
    return move(plan, action="soak", actor=actor, to=S.SOAKING, soaking_since=now)


def _change(plan: Plan, position: int, sources: Sequence[str], to: str, **fields: Any) -> Step:
    if plan.steps.filter(position=position, status__in=sources).update(status=to, **fields) != 1:
        raise Conflict(_("Step %d is not what it was.") % position, allowed=allowed(plan.status))
    return plan.steps.get(position=position)


def _told(
    plan: Plan, action: str, actor: str, step: Step, before: str, after: str, *, reason: str = "", facts: Any = None
) -> Plan:
    return move(
        plan, action=action, actor=actor, reason=reason, step=step.position, change=(before, after), facts=facts
    )
