"""The plan of a drill: made, approved and started as people do, and always ended."""

from collections.abc import Sequence

from ingest.drill.errors import Busy
from rollout import rollback
from rollout.models import Plan, Rollback, Step
from rollout.plans import drafting, starting, transitions
from rollout.plans.actions import DRAWN_UP, MOVING, WATCHED
from rollout.plans.errors import PlanError
from rollout.plans.templates import TEMPLATES, StepDraft

OBSERVE_S = 30
STEPS = tuple(StepDraft(each.percentage, OBSERVE_S) for each in TEMPLATES["fast"])


class DrillPlan:
    """A fast plan of `kinds` (None: of all). Unless it advances by itself nobody advances it: no device of anybody else
    goes further than its first step. `over`: the reason for its end.

    `start` raises Busy for what keeps it from starting; both raise django.db.Error.
    """

    def __init__(
        self, *, name: str, actor: str, reason: str, over: str, steps: Sequence[StepDraft] = STEPS,
        kinds: Sequence[str] | None = None, advances: bool = False,
    ) -> None:  # fmt: skip
        self._name, self._actor, self._reason, self._over = name, actor, reason, over
        self._steps, self._kinds, self._advances = steps, kinds, advances
        self._id = 0

    def start(self) -> None:
        """Let it run: the controller applies the first step then. Asked again after Busy it is the same plan."""
        try:
            if not self._id:
                self._draw_up()
            starting.start(self._id, actor=self._actor, reason=self._reason)
        except PlanError as error:
            raise Busy(str(error)) from error

    def _draw_up(self) -> None:
        plan = drafting.create(
            name=self._name, steps=self._steps, actor=self._actor, reason=self._reason, kinds=self._kinds,
            auto_execute=self._advances,
        )  # fmt: skip
        self._id = plan.pk
        transitions.submit(plan.pk, actor=self._actor, reason=self._reason)
        transitions.approve(plan.pk, actor=self._actor, reason=self._reason)

    @property
    def plan(self) -> Plan:
        """The row as it is now."""
        return Plan.objects.get(pk=self._id)

    @property
    def first(self) -> Step:
        """Its first step as it is now."""
        return self.step(1)

    def step(self, position: int) -> Step:
        """A step as it is now."""
        return Step.objects.get(plan=self._id, position=position)

    @property
    def is_applied(self) -> bool:
        """Whether all processes use the share of the first step."""
        return self.first.status in WATCHED

    @property
    def is_soaking(self) -> bool:
        """Whether all its steps have passed."""
        return self.plan.status == Plan.Status.SOAKING

    @property
    def rollback(self) -> Rollback | None:
        """The way back that has taken it, once there is one."""
        return Rollback.objects.filter(plan=self._id).order_by("-pk").first()

    def end(self) -> None:
        """Take every share back to the 0 % that it began at, by the ordinary rollback, which the controller carries on;
        a plan that has not started is cancelled. Harmless when it has ended or is on its way back."""
        if not self._id:
            return
        status = self.plan.status
        if status in DRAWN_UP:
            transitions.cancel(self._id, actor=self._actor, reason=self._over)
        elif status in MOVING:
            rollback.execute_rollback(Rollback.Strategy.IMMEDIATE, self._over, self._actor, source="drill", force=True)
