"""A plan told to people and to programs."""

from typing import Any

from django.utils.translation import gettext as _

from rollout.models import Plan, Step
from rollout.plans.actions import allowed
from rollout.plans.canonical import sha256


def data(plan: Plan) -> dict[str, Any]:
    """Everything of `plan` that a program may need, fit for JSON; times as ISO 8601."""
    return {
        "id": plan.pk,
        "name": plan.name,
        "status": plan.status,
        "version": plan.version,
        "kinds": plan.kinds,
        "auto_execute": plan.auto_execute,
        "template": plan.template,
        "sha256": sha256(plan),
        "created_by": plan.created_by,
        "submitted_by": plan.submitted_by,
        "approved_by": list(plan.approvals.filter(valid=True).values_list("approver", flat=True)),
        "allowed": list(allowed(plan.status)),
        "pauses": list(plan.pauses.filter(standing=True).values("cause", "reason", "actor")),
        "steps": [_step(step) for step in plan.steps.all()],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "position": step.position,
        "percentage": str(step.percentage),
        "observe_s": step.observe_s,
        "status": step.status,
        "observing_since": step.observing_since.isoformat() if step.observing_since else None,
        "advance_requested_by": step.advance_requested_by,
        "blocked_by": step.blocked_by,
    }


def line(plan: Plan) -> str:
    """The plan in one line."""
    told = {"id": plan.pk, "name": plan.name, "status": plan.get_status_display(), "version": plan.version}
    return _("plan %(id)d %(name)s: %(status)s, version %(version)d") % told


def text(plan: Plan) -> str:
    """The plan with its steps and what can be done with it now."""
    mode = _("advances by itself") if plan.auto_execute else _("a person advances every step")
    found = [line(plan), f"  {', '.join(plan.kinds)} · {mode}"]
    for step in plan.steps.all():
        minutes = f"{step.observe_s / 60:g}"
        found.append(
            "  "
            + _("%(position)d: %(share)s %%, %(minutes)s min, %(status)s")
            % {
                "position": step.position,
                "share": step.percentage,
                "minutes": minutes,
                "status": step.get_status_display(),
            }
        )
    for pause in plan.pauses.filter(standing=True):
        found.append("  " + _("paused: %s") % pause)
    if can := allowed(plan.status):
        found.append("  " + _("can: %s") % ", ".join(can))
    return "\n".join(found)
