"""What people do to a plan. Each is one transaction, conditional on status and version, with its audit row.

Every function takes `version`, the version that the person was looking at (None: whatever it is now), and raises
Conflict when the plan is not as it must be; then nothing was changed.
"""

from collections.abc import Callable, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rollout.models import Approval, Pause, Plan, Step
from rollout.plans import people
from rollout.plans.actions import ACTIONS, WATCHED, allowed
from rollout.plans.canonical import content, sha256
from rollout.plans.errors import Conflict, NotApproved, NotReady
from rollout.plans.moving import atomic, check, locked, move

S = Plan.Status


@atomic
def submit(plan_id: int, *, actor: str, reason: str = "", version: int | None = None) -> Plan:
    """Hand a draft to those who approve."""
    plan = _locked(plan_id, "submit", version)
    return move(plan, action="submit", actor=actor, reason=reason, to=S.SUBMITTED, submitted_by=actor)


@atomic
def approve(plan_id: int, *, actor: str, reason: str, version: int | None = None, seen: str | None = None) -> Plan:
    """Approve exactly this plan. `seen`: the hash of what the person read; another one is a conflict. The plan is
    *approved* when enough people agree. Approving twice changes nothing more."""
    plan = _locked(plan_id, "approve", version)
    digest = sha256(plan)
    if seen is not None and seen != digest:
        raise Conflict(_("The plan is not what you read: look at it again."), allowed=allowed(plan.status))
    outdated = plan.approvals.filter(valid=True, approver=actor).exclude(sha256=digest)
    outdated.update(valid=None, voided_at=timezone.now())
    __, made = Approval.objects.get_or_create(
        plan=plan, approver=actor, valid=True, defaults={"sha256": digest, "reason": reason}
    )
    to = S.APPROVED if people.enough(plan) else plan.status
    if not made and to == plan.status:
        return plan
    return move(
        plan, action="approve", actor=actor, reason=reason, to=to, facts={"sha256": digest, "plan": content(plan)}
    )


def start(
    plan_id: int,
    *,
    actor: str,
    reason: str = "",
    version: int | None = None,
    preflight: Callable[[Plan], Sequence[str]],
) -> Plan:
    """Let an approved plan run: the controller then applies its first step. `preflight` names what is not ready; it may
    take its time, for it runs outside the transaction, and only for a plan that could start.

    Raises NotReady, NotApproved, and Conflict when another plan is active.
    """
    plan = Plan.objects.get(pk=plan_id)
    check(plan, version=version, sources=ACTIONS["start"].sources, action="start")
    if blocked_by := preflight(plan):
        raise NotReady(_("Not ready: %s.") % ", ".join(blocked_by), blocked_by=blocked_by, allowed=allowed(plan.status))
    try:
        return _start(plan_id, actor=actor, reason=reason, version=version)
    except IntegrityError as error:
        raise Conflict(_("Another plan is active."), allowed=allowed(plan.status)) from error


@atomic
def _start(plan_id: int, *, actor: str, reason: str, version: int | None) -> Plan:
    plan = _locked(plan_id, "start", version)
    if not people.enough(plan):
        raise NotApproved(_("Nobody has approved the plan as it is now."), allowed=allowed(plan.status))
    # A savepoint: MySQL and SQLite both leave the transaction usable after a refused row.
    with transaction.atomic():
        return move(plan, action="start", actor=actor, reason=reason, to=S.RUNNING, started_at=timezone.now())


@atomic
def pause(
    plan_id: int,
    *,
    actor: str,
    reason: str,
    version: int | None = None,
    cause: str = Pause.Cause.OPERATOR,
) -> Plan:
    """Let the plan stand still at its present share. Pauses of several causes stack, each cause once."""
    plan = _locked(plan_id, "pause", version)
    __, made = Pause.objects.get_or_create(
        plan=plan, cause=cause, standing=True, defaults={"actor": actor, "reason": reason}
    )
    if not made and plan.status == S.PAUSED:
        return plan
    return move(plan, action="pause", actor=actor, reason=reason, to=S.PAUSED, facts={"cause": cause})


@atomic
def resume(
    plan_id: int,
    *,
    actor: str,
    reason: str,
    version: int | None = None,
    causes: Sequence[str] = (Pause.Cause.OPERATOR,),
) -> Plan:
    """Clear the pauses of `causes`. The plan runs again when none is left, and its step is observed anew."""
    plan = _locked(plan_id, "resume", version)
    mine = plan.pauses.filter(standing=True, cause__in=causes)
    cleared = mine.update(standing=None, cleared_at=timezone.now(), cleared_by=actor)
    left = list(plan.pauses.filter(standing=True).values_list("cause", flat=True))
    if not cleared:
        raise Conflict(_("It is paused for another cause: %s.") % ", ".join(left), allowed=allowed(plan.status))
    if left:
        return move(plan, action="resume", actor=actor, reason=reason, facts={"left": left})
    step = plan.steps.filter(status__in=WATCHED).first()
    facts = {}
    if step is not None:
        plan.steps.filter(pk=step.pk).update(
            status=Step.Status.OBSERVING, observing_since=timezone.now(), blocked_by=[]
        )
        facts = {"steps": {str(step.position): [step.status, Step.Status.OBSERVING]}}
    return move(plan, action="resume", actor=actor, reason=reason, to=S.RUNNING, facts=facts)


@atomic
def advance(plan_id: int, *, actor: str, reason: str = "", version: int | None = None) -> Plan:
    """Ask for the next step: the controller takes it in its next round when every gate passes, and says what blocks it
    otherwise. Asking twice changes nothing more."""
    plan = _locked(plan_id, "advance", version)
    step = plan.steps.filter(status__in=WATCHED).first()
    if step is None:
        raise Conflict(_("No step is observed now."), allowed=allowed(plan.status))
    if step.advance_requested_at is not None:
        return plan
    plan.steps.filter(pk=step.pk).update(advance_requested_by=actor, advance_requested_at=timezone.now())
    return move(
        plan, action="advance", actor=actor, reason=reason, step=step.position, change=(step.status, step.status)
    )


@atomic
def complete(plan_id: int, *, actor: str, reason: str, version: int | None = None) -> Plan:
    """End a plan that has soaked: the migration of its kinds is over."""
    plan = _locked(plan_id, "complete", version)
    return move(plan, action="complete", actor=actor, reason=reason, to=S.COMPLETED, ended_at=timezone.now())


@atomic
def cancel(plan_id: int, *, actor: str, reason: str, version: int | None = None) -> Plan:
    """Give up a plan that has not started."""
    plan = _locked(plan_id, "cancel", version)
    return move(plan, action="cancel", actor=actor, reason=reason, to=S.CANCELLED, ended_at=timezone.now())


def _locked(plan_id: int, action: str, version: int | None) -> Plan:
    return locked(plan_id, version=version, sources=ACTIONS[action].sources, action=action)
