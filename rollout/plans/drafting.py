"""Making a plan and changing it before it runs."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from rollout.models import Plan, Route, Step
from rollout.plans import templates
from rollout.plans.actions import DRAWN_UP
from rollout.plans.errors import Invalid
from rollout.plans.moving import atomic, locked, move
from rollout.plans.templates import StepDraft


@atomic
def create(
    *,
    name: str,
    steps: Sequence[StepDraft],
    actor: str,
    kinds: Sequence[str] | None = None,
    auto_execute: bool = False,
    template: str = "",
    reason: str = "",
) -> Plan:
    """A new plan in draft for `kinds` (None: every kind that has a route). Raises Invalid."""
    chosen = _check(name, steps, kinds)
    plan = Plan.objects.create(
        name=name, kinds=chosen, auto_execute=auto_execute, template=template, created_by=actor, version=0
    )
    _write(plan, steps)
    return move(plan, action="create", actor=actor, reason=reason)


@atomic
def edit(
    plan_id: int,
    *,
    name: str,
    steps: Sequence[StepDraft],
    actor: str,
    kinds: Sequence[str],
    auto_execute: bool,
    reason: str = "",
    version: int | None = None,
) -> Plan:
    """Change a plan that has not started. It is a draft again then, and its approvals are void.
    Raises Invalid, Conflict."""
    chosen = _check(name, steps, kinds)
    plan = locked(plan_id, version=version, sources=DRAWN_UP, action="edit")
    plan.approvals.filter(valid=True).update(valid=None, voided_at=timezone.now())
    plan.steps.all().delete()
    _write(plan, steps)
    values: dict[str, Any] = {"name": name, "kinds": chosen, "auto_execute": auto_execute, "template": ""}
    return move(plan, action="edit", actor=actor, reason=reason, to=Plan.Status.DRAFT, submitted_by="", **values)


def _write(plan: Plan, steps: Sequence[StepDraft]) -> None:
    Step.objects.bulk_create(
        Step(plan=plan, position=position, percentage=step.percentage, observe_s=step.observe_s)
        for position, step in enumerate(steps, start=1)
    )


def _check(name: str, steps: Sequence[StepDraft], kinds: Sequence[str] | None) -> list[str]:
    """The kinds, sorted. Raises Invalid."""
    templates.check(steps)
    if not name.strip() or len(name) > 100:
        raise Invalid(_("A plan's name has 1 to 100 characters."))
    known = set(Route.objects.values_list("kind", flat=True))
    chosen = known if kinds is None else set(kinds)
    if not chosen or chosen - known:
        raise Invalid(_("The kinds must be some of: %s.") % ", ".join(sorted(known)))
    return sorted(chosen)
