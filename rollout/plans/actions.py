"""Which actions a plan's status allows: the state machine as a table."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rollout.models import Plan, Step

S = Plan.Status
T = Step.Status

DRAWN_UP = (S.DRAFT, S.SUBMITTED, S.APPROVED)
MOVING = (S.RUNNING, S.PAUSED, S.SOAKING)
ACTIVE = (*MOVING, S.ROLLING_BACK, S.DRAINING)
ENDED = (S.COMPLETED, S.ROLLED_BACK, S.CANCELLED)
# Of a step: evidence is gathered for it; its share is in force or on its way.
WATCHED = (T.OBSERVING, T.HELD)
UNDER_WAY = (T.APPLYING, *WATCHED)


@dataclass(frozen=True, slots=True)
class Action:
    """What a person can do to a plan: from which statuses, and the permission it needs."""

    name: str
    label: str | Promise
    sources: tuple[Plan.Status, ...]
    permission: str


ACTIONS = {
    action.name: action
    for action in (
        Action("edit", _("Edit"), DRAWN_UP, "rollout.change_plan"),
        Action("submit", _("Submit"), (S.DRAFT,), "rollout.submit_plan"),
        Action("approve", _("Approve"), (S.SUBMITTED, S.APPROVED), "rollout.approve_plan"),
        Action("start", _("Start"), (S.APPROVED,), "rollout.start_plan"),
        Action("pause", _("Pause"), (S.RUNNING, S.PAUSED), "rollout.pause_plan"),
        Action("resume", _("Resume"), (S.PAUSED,), "rollout.resume_plan"),
        Action("advance", _("Advance"), (S.RUNNING,), "rollout.advance_plan"),
        Action("complete", _("Complete"), (S.SOAKING,), "rollout.complete_plan"),
        Action("cancel", _("Cancel"), DRAWN_UP, "rollout.cancel_plan"),
        Action("rollback", _("Roll back"), ACTIVE, "rollout.roll_back"),
    )
}


def allowed(status: str) -> tuple[str, ...]:
    """The names of the actions that `status` allows, in the order in which a plan lives."""
    return tuple(action.name for action in ACTIONS.values() if status in action.sources)
