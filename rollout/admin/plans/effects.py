"""What an action would do to a plan, in words, before it is done."""

from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _

from rollout import checklists
from rollout.admin import devices, words
from rollout.admin.duration import shown
from rollout.admin.percent import percent, present, together
from rollout.models import Plan, Step
from rollout.plans import people
from rollout.plans.actions import WATCHED


@dataclass(frozen=True, slots=True)
class Effect:
    """`headline` names the effect, `text` says how it comes about, `blocked_by` what stands against it now."""

    headline: str
    text: str = ""
    blocked_by: list[str] = field(default_factory=list)


def effect(plan: Plan, action: str) -> Effect:
    """The effect of `action` on the plan as it is."""
    return EFFECTS[action](plan)


def _submit(plan: Plan) -> Effect:
    return Effect(
        _("%(count)d steps up to %(target)s are handed to those who approve.")
        % {"count": plan.steps.count(), "target": _target(plan)},
        _("Nothing moves. Editing it afterwards makes it a draft again and voids approvals."),
    )


def _approve(plan: Plan) -> Effect:
    others = len(people.approvers(plan) - people.authors(plan))
    return Effect(
        _("You stand behind exactly the plan below."),
        _("%(wanted)d people must stand behind it, its author among them; so far %(others)d others do. Nothing moves.")
        % {"wanted": settings.PLAN_PEOPLE, "others": others},
    )  # fmt: skip


def _start(plan: Plan) -> Effect:
    first = plan.steps.first()
    if first is None:
        return Effect(_("The plan has no steps."), blocked_by=[_("The plan has no steps.")])
    return Effect(
        devices.move(plan.kinds, first.percentage),
        _("The controller applies the first step, which is observed for %s at least.") % shown(first.observe_s),
        checklists.preflight(plan),
    )


def _pause(plan: Plan) -> Effect:
    return Effect(
        _("The share stays at %s.") % together(present(plan.kinds)),
        _("The plan stands still until a person resumes it. Guardrails stay on and may still roll it back."),
    )


def _resume(plan: Plan) -> Effect:
    left = [pause for pause in plan.pauses.filter(standing=True) if pause.cause != pause.Cause.OPERATOR]
    if left:
        causes = "; ".join(str(pause) for pause in left)
        return Effect(_("Your pause is cleared; the plan stays paused."), _("Other causes stand: %s.") % causes)
    return Effect(_("The plan runs on at %s.") % together(present(plan.kinds)), _("The step is observed anew."))


def _advance(plan: Plan) -> Effect:
    following = plan.steps.filter(status=Step.Status.PENDING).first()
    step = plan.steps.filter(status__in=WATCHED).first()
    blocked_by = words.blocks(step.blocked_by) if step else []
    when = _("The controller takes the next step as soon as every gate passes; until then it says what blocks it.")
    if following is None:
        return Effect(
            _("It was the last step: the plan soaks at %s.") % together(present(plan.kinds)), when, blocked_by
        )
    return Effect(devices.move(plan.kinds, following.percentage), when, blocked_by)


def _complete(plan: Plan) -> Effect:
    return Effect(
        _("The plan ends; the share stays at %s.") % together(present(plan.kinds)),
        _("The way back is then a change by hand or an emergency rollback."),
    )


def _cancel(plan: Plan) -> Effect:
    return Effect(_("The plan is given up."), _("Nothing has moved and nothing moves. This can not be undone."))


def _target(plan: Plan) -> str:
    last = plan.steps.last()
    return percent(last.percentage) if last else "–"


EFFECTS = {
    "submit": _submit,
    "approve": _approve,
    "start": _start,
    "pause": _pause,
    "resume": _resume,
    "advance": _advance,
    "complete": _complete,
    "cancel": _cancel,
}
