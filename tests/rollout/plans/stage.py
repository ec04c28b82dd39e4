"""A plan in any status, brought there by the functions that everybody uses."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from rollout.models import Pause, Plan, Transition
from rollout.plans import drafting, returning, steps, transitions
from rollout.plans.templates import StepDraft

S = Plan.Status
AUTHOR, APPROVER, CONTROLLER = "zhang", "li", "controller"


def ready(plan: Plan) -> Sequence[str]:
    """A pre-flight that finds nothing."""
    return ()


def unfenced() -> None:
    """The fence of a controller that leads."""


def drafts(*shares: str, observe_s: int = 600) -> tuple[StepDraft, ...]:
    return tuple(StepDraft(Decimal(share), observe_s) for share in shares)


def drawn(*shares: str, **values: Any) -> Plan:
    """A draft with steps of these shares, 5 and 10 % when none are named."""
    wanted = {"name": "autumn", "actor": AUTHOR, "steps": drafts(*(shares or ("5", "10"))), **values}
    return drafting.create(**wanted)


def begin(plan_id: int, *, position: int) -> Plan:
    return steps.begin(
        plan_id, position=position, actor=CONTROLLER, reason="gates pass", metrics={}, fence=unfenced
    )  # fmt: skip


def confirm(plan_id: int, *, position: int) -> Plan:
    return steps.confirm(plan_id, position=position, actor=CONTROLLER, fence=unfenced)


def finish(plan_id: int, *, position: int) -> Plan:
    return steps.finish(
        plan_id, position=position, actor=CONTROLLER, verdict="pass", by=CONTROLLER, fence=unfenced
    )  # fmt: skip


def observed(plan: Plan, position: int) -> Plan:
    begin(plan.pk, position=position)
    return confirm(plan.pk, position=position)


def passed(plan: Plan) -> Plan:
    """All steps of a running plan whose first step is observed."""
    last = plan.steps.count()
    for position in range(1, last + 1):
        if position > 1:
            observed(plan, position)
        plan = finish(plan.pk, position=position)
    return plan


def approved(plan: Plan, *, by: Sequence[str] = (APPROVER,)) -> Plan:
    plan = transitions.submit(plan.pk, actor=AUTHOR)
    for person in by:
        plan = transitions.approve(plan.pk, actor=person, reason="read it")
    return plan


def started(plan: Plan) -> Plan:
    transitions.start(plan.pk, actor=AUTHOR, preflight=ready)
    return observed(plan, 1)


def returned(plan: Plan) -> Plan:
    return returning.roll_back(plan.pk, actor="wang", reason="errors")


# The way from a draft to each status.
WAYS: dict[str, Sequence[Callable[[Plan], Plan]]] = {
    S.DRAFT: (),
    S.SUBMITTED: (lambda plan: transitions.submit(plan.pk, actor=AUTHOR),),
    S.APPROVED: (approved,),
    S.RUNNING: (approved, started),
    S.PAUSED: (approved, started, lambda plan: transitions.pause(plan.pk, actor="wang", reason="lunch")),
    S.SOAKING: (approved, started, passed),
    S.COMPLETED: (approved, started, passed, lambda plan: transitions.complete(plan.pk, actor="wang", reason="well")),
    S.ROLLING_BACK: (approved, started, returned),
    S.DRAINING: (approved, started, returned, lambda plan: returning.drain(plan.pk, actor=CONTROLLER)),
    S.ROLLED_BACK: (
        approved,
        started,
        returned,
        lambda plan: returning.drain(plan.pk, actor=CONTROLLER),
        lambda plan: returning.end(plan.pk, actor=CONTROLLER),
    ),
    S.CANCELLED: (lambda plan: transitions.cancel(plan.pk, actor=AUTHOR, reason="not now"),),
}


def brought(status: str, **values: Any) -> Plan:
    """A plan in `status`."""
    plan = drawn(**values)
    for walk in WAYS[status]:
        plan = walk(plan)
    assert plan.status == status
    return plan


def history(plan: Plan) -> list[tuple[str, str, str]]:
    """Action, status before and after of each audit row."""
    return list(Transition.objects.filter(plan=plan).values_list("action", "from_status", "to_status"))


def standing(plan: Plan) -> set[str]:
    """The causes for which it is paused."""
    return set(Pause.objects.filter(plan=plan, standing=True).values_list("cause", flat=True))
