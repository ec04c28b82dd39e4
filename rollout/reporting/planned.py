"""The plan that a report is about: its steps as they were meant and as they went, and who answered for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from rollout.admin import duration
from rollout.admin import words as admin_words
from rollout.models import Approval, Plan, Step
from rollout.reporting import words


@dataclass(frozen=True, slots=True)
class Planned:
    """One step. `took`: from its share being asked for to its end."""

    step: Step
    share: str
    begun: str
    planned: str
    took: str
    verdict: str


@dataclass(frozen=True, slots=True)
class OfPlan:
    """The plan with its steps in order and the approvals that are valid."""

    plan: Plan
    steps: Sequence[Planned]
    approvals: Sequence[Approval]


def of_plan(plan: Plan) -> OfPlan:
    """Raises django.db.Error."""
    return OfPlan(
        plan=plan,
        steps=[_step(step) for step in plan.steps.order_by("position")],
        approvals=list(plan.approvals.filter(valid=True).order_by("id")),
    )


def _step(step: Step) -> Planned:
    took: timedelta | None = None
    if step.applying_since is not None and step.ended_at is not None:
        took = step.ended_at - step.applying_since
    return Planned(
        step=step,
        share=words.percent(step.percentage),
        begun=words.moment(step.applying_since),
        planned=duration.shown(step.observe_s),
        took=words.length(took),
        verdict=admin_words.verdict(step.verdict) if step.verdict else words.NONE,
    )
