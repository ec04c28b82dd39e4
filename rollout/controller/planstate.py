"""The active plan, as a round of the controller sees it."""

from django.db.models import Q

from rollout.controller.deciding import PlanState, StepState
from rollout.models import Plan, Route, Step
from rollout.plans import people
from rollout.plans.actions import UNDER_WAY

T = Step.Status


def active() -> Plan | None:
    """The plan that runs, is paused or soaks; None also while one rolls back. Raises django.db.Error."""
    return Plan.objects.filter(active=True, rollback_requested_at__isnull=True).first()


def current(plan: Plan) -> Step | None:
    """The step under way, else the next one."""
    steps = plan.steps.order_by("position")
    return steps.filter(status__in=UNDER_WAY).first() or steps.filter(status=T.PENDING).first()


def state(plan: Plan, step: Step | None, *, now: float) -> PlanState:
    """What the rules need to know of `plan`. Raises django.db.Error."""
    return PlanState(
        status=plan.status,
        auto_execute=plan.auto_execute,
        approved=people.enough(plan),
        step=None
        if step is None
        else StepState(
            position=step.position,
            status=step.status,
            observe_s=step.observe_s,
            waited_s=now - step.observing_since.timestamp() if step.observing_since else None,
            advance_requested=step.advance_requested_at is not None,
            is_last=not plan.steps.filter(position__gt=step.position).exists(),
        ),
        pauses=frozenset(plan.pauses.filter(standing=True).values_list("cause", flat=True)),
        moved=moved(plan, step),
    )


def moved(plan: Plan, step: Step | None) -> tuple[str, ...]:
    """The kinds whose route is not what the plan's last step has set: somebody moved it by hand."""
    if step is None or step.status == T.PENDING:
        step = plan.steps.filter(status=T.PASSED).order_by("-position").first()
    if step is None:
        return ()
    odd = Route.objects.filter(kind__in=plan.kinds).filter(~Q(percentage=step.percentage))
    return tuple(odd.order_by("kind").values_list("kind", flat=True))
