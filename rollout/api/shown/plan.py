"""A plan in an answer: short in a list, whole by itself."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from rollout.models import Plan, Step, Transition
from rollout.plans import people
from rollout.plans.actions import UNDER_WAY, allowed
from rollout.plans.canonical import sha256

PLANS: QuerySet[Plan] = Plan.objects.prefetch_related("steps", "pauses")


def brief(plan: Plan) -> dict[str, Any]:
    """What it is, where it stands and what it can do now. Read `plan` from PLANS."""
    steps = list(plan.steps.all())
    now = current(steps)
    return {
        "id": plan.pk,
        "name": plan.name,
        "kinds": plan.kinds,
        "status": plan.status,
        "version": plan.version,
        "auto_execute": plan.auto_execute,
        "created_by": plan.created_by,
        "created_at": plan.created_at,
        "started_at": plan.started_at,
        "soaking_since": plan.soaking_since,
        "ended_at": plan.ended_at,
        "allowed": list(allowed(plan.status)),
        "paused_by": [pause(each) for each in plan.pauses.all() if each.standing],
        "current_step": now.position if now else None,
        "blocked_by": now.blocked_by if now else [],
        "steps": [step(each) for each in steps],
    }


def whole(plan: Plan) -> dict[str, Any]:
    """The same with its approvals and everything that happened to it."""
    return {
        **brief(plan),
        "template": plan.template,
        "submitted_by": plan.submitted_by,
        "sha256": sha256(plan),
        "approved_by": sorted(people.approvers(plan)),
        "approved": people.enough(plan),
        "timeline": [transition(each) for each in plan.transitions.all()],
    }


def current(steps: list[Step]) -> Step | None:
    """The step that is applied or observed now."""
    return next((each for each in steps if each.status in UNDER_WAY), None)


def upcoming(steps: list[Step]) -> Step | None:
    """The next step that has not begun."""
    return next((each for each in steps if each.status == Step.Status.PENDING), None)


def step(each: Step) -> dict[str, Any]:
    return {
        "position": each.position,
        "percentage": each.percentage,
        "observe_minutes": each.observe_s / 60,
        "status": each.status,
        "applying_since": each.applying_since,
        "observing_since": each.observing_since,
        "observed_s": observed_s(each),
        "ended_at": each.ended_at,
        "verdict": each.verdict,
        "blocked_by": each.blocked_by,
        "advance_requested_by": each.advance_requested_by,
        "advanced_by": each.advanced_by,
    }


def observed_s(each: Step) -> float | None:
    """Seconds that the step has been observed, None when it never was."""
    if each.observing_since is None:
        return None
    return ((each.ended_at or timezone.now()) - each.observing_since).total_seconds()


def pause(each: Any) -> dict[str, Any]:
    return {"cause": each.cause, "reason": each.reason, "actor": each.actor, "since": each.created_at}


def transition(each: Transition) -> dict[str, Any]:
    return {
        "at": each.created_at,
        "action": each.action,
        "step": each.step,
        "from": each.from_status,
        "to": each.to_status,
        "actor": each.actor,
        "reason": each.reason,
        "facts": each.facts,
    }
