"""A demonstration, from an idle system to simulated devices that are all on the stream."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from django.utils.translation import gettext as _

from ingest.demo import leftovers, measuring
from ingest.drill import ground, load, thresholds
from ingest.drill.errors import Busy, Stuck
from ingest.drill.fault import Fault
from ingest.drill.injection import Arming
from ingest.drill.load import Load
from ingest.drill.plan import DrillPlan
from ingest.drill.thresholds import Thresholds
from ingest.drill.waiting import nothing, pause, until
from ingest.drill.watch import Watch
from ljwx.stopping import Stop
from rollout.controller.codes import text
from rollout.guardrails.actions import Action
from rollout.guardrails.policy import Policy
from rollout.models import Step
from rollout.plans import transitions
from rollout.plans.actions import WATCHED
from rollout.plans.errors import PlanError
from rollout.plans.templates import StepDraft

T = TypeVar("T")

# Readings alone: events are too rare to be judged within a minute (docs/decisions/0013).
KINDS = ("health",)
FIRST = (20, 40, 60, 100)
AGAIN = (25, 50, 100)
# The positions of the steps of the first plan during which something breaks.
HOLDS_ON, BREAKS_ON = 2, 3
WELL_S = 4.0
# As long as a person needs to see it.
HELD_S = 12.0
START_WITHIN_S = 60.0
STEP_WITHIN_S = 240.0
ACTS_WITHIN_S = 60.0
EFFECTIVE_WITHIN_S = 60.0
BACK_WITHIN_S = 300.0
# What goes on afterwards, each while with devices of its own: a simulated device remembers what it has sent.
FEW_DEVICES, FEW_RATE, WHILE_S = 100, 3.0, 600.0

REACHED = (*WATCHED, Step.Status.PASSED)


@dataclass(frozen=True, slots=True)
class Demo:
    """`rate`: uploads a second of `devices`, None for what suits the machine; `observe_s`: seconds of a step;
    `minutes`: how long the fleet goes on afterwards, None until it is stopped; `say` hears what happens now."""

    base_url: str
    actor: str
    say: Callable[[str], None]
    devices: int = 1_000
    rate: float | None = None
    observe_s: int = 20
    minutes: float | None = None

    def __call__(self, stopping: Stop) -> None:
        """Whenever it is told to stop before its end, the faults end and the shares go back to 0 %. Raises DrillError,
        redis.RedisError, django.db.Error."""
        ground.check(self.base_url)
        story = Story(self, stopping)
        story.prepare()
        ground.check_idle()
        with ExitStack() as back:
            back.callback(story.give_back)
            policy = story.begin()
            story.hold(policy)
            story.roll_back()
            story.verify()
            story.recover()
        story.go_on()


class Story:
    """A demonstration under way: its chapters, in the order in which they are called."""

    def __init__(self, demo: Demo, stopping: Stop) -> None:
        self._demo, self._stopping, self._say = demo, stopping, demo.say
        self._fleet = load.tagged(demo.devices)
        self._load: Load | None = None
        self._name = leftovers.name(self._fleet.prefix)
        self._thresholds = Thresholds()
        self._plan = self._planned(FIRST)

    def prepare(self) -> None:
        """What an earlier one has left is taken back, and a rollback that is under way ends first."""
        try:
            is_over = leftovers.clear(actor=self._demo.actor, reason=_("A demonstration begins."))
        except PlanError as error:
            raise Busy(str(error)) from error
        if not is_over():
            self._say(_("The share that an earlier demonstration has left is taken back; its streams are checked."))
            self._until(is_over, within=BACK_WITHIN_S)

    def begin(self) -> Policy:
        """The fleet uploads, and the first step of a plan moves a part of it; returns what it is judged by."""
        policy = self._thresholds.take(reason=self._name, adapt=thresholds.of_demo)
        rate = self._rate()
        facts = {"devices": self._demo.devices, "rate": rate}
        self._say(_("%(devices)d simulated devices upload %(rate).0f times a second, all to the database.") % facts)
        self._load = Load(self._demo.base_url, fleet=self._fleet, rate=rate)
        self._load.start()
        self._start(FIRST)
        return policy

    def hold(self, policy: Policy) -> None:
        """Uploads to the stream are slow: the plan is held where it is, and goes on by itself afterwards."""
        self._reach(HOLDS_ON)
        delay_s = thresholds.holding_delay_s(policy)
        watch = Watch(plan=self._plan.plan, fault=Fault.SLOW)
        with self._fault(Fault.SLOW, delay_s=delay_s) as injection:
            self._say(_("Fault: their uploads to the stream wait %.0f seconds.") % delay_s)
            if not self._until(lambda: watch.is_named, within=ACTS_WITHIN_S, tend=injection.tend):
                raise Stuck(_("The guardrail has not held the plan."))
            share = self._plan.step(HOLDS_ON).percentage
            self._say(_("Held: the p99 of accept is over its threshold, the share stays at %d %%.") % share)
            pause(HELD_S, stopping=self._stopping, tend=injection.tend)
        self._say(_("The fault is over: the plan goes on by itself."))

    def roll_back(self) -> None:
        """Uploads to the stream are refused: the guardrail takes all of them back by itself."""
        self._reach(BREAKS_ON)
        watch = Watch(plan=self._plan.plan, fault=Fault.ERRORS)
        with self._fault(Fault.ERRORS) as injection:
            began = time.monotonic()
            self._say(_("Fault: their uploads to the stream are refused with 503."))
            self._until(watch.look, within=ACTS_WITHIN_S, tend=injection.tend)
        if watch.action != Action.ROLL_BACK.value or not self._until(watch.took_effect, within=EFFECTIVE_WITHIN_S):
            raise Stuck(_("The guardrail has not rolled back."))
        seconds = time.monotonic() - began
        self._say(_("Rolled back by the guardrail: the share is 0 %% again, %.0f s after the fault.") % seconds)

    def verify(self) -> None:
        """It is proven that nothing was lost."""
        self._say(_("Everything accepted meanwhile is compared with the tables (up to 90 s)."))
        if not (outcome := self._until(self._outcome, within=BACK_WITHIN_S)):
            raise Stuck(_("The rollback is not verified."))
        self._say(_("Verified: %s") % outcome)

    def recover(self) -> None:
        """A new plan goes up to the end."""
        self._plan = self._planned(AGAIN)
        self._start(AGAIN)
        for position in range(2, len(AGAIN) + 1):
            self._reach(position)
        self._until(lambda: self._plan.is_soaking, within=STEP_WITHIN_S)
        transitions.complete(self._plan.plan.pk, actor=self._demo.actor, reason=self._name)
        self._say(_("Recovered: every device is on the stream, and the plan is completed."))

    def give_back(self) -> None:
        """No upload, no fault, the thresholds of before; a plan that is not completed goes back to 0 %."""
        try:
            if self._load is not None:
                self._load.stop()
        finally:
            self._plan.end()
            self._thresholds.give_back(actor=self._demo.actor, reason=_("The demonstration is over."))

    def go_on(self) -> None:
        """A few devices go on until it is stopped, or its time is over."""
        self._say(_("A few devices go on with %.0f uploads a second. Ctrl-C ends it.") % FEW_RATE)
        left = None if self._demo.minutes is None else self._demo.minutes * 60
        while left is None or left > 0:
            few = Load(self._demo.base_url, fleet=load.tagged(FEW_DEVICES), rate=FEW_RATE)
            few.start()
            try:
                if self._stopping.wait(WHILE_S if left is None else min(left, WHILE_S)):
                    return
            finally:
                few.stop()
            left = None if left is None else left - WHILE_S

    def _rate(self) -> float:
        """Uploads a second. A machine of today may take a tenth of what it took yesterday: it is asked."""
        if self._demo.rate is not None:
            return self._demo.rate
        self._say(_("First it is measured how many uploads this machine takes."))
        return measuring.rate(self._demo.base_url, self._fleet, self._stopping)

    def _planned(self, shares: tuple[int, ...]) -> DrillPlan:
        steps = [StepDraft(Decimal(share), self._demo.observe_s) for share in shares]
        return DrillPlan(
            name=self._name, actor=self._demo.actor, reason=self._name, over=_("The demonstration is over."),
            steps=steps, kinds=KINDS, advances=True,
        )  # fmt: skip

    def _start(self, shares: tuple[int, ...]) -> None:
        path = ", ".join(f"{share} %" for share in shares)
        self._say(_("A backup is taken and a plan starts: %(path)s, each at least %(seconds)d s.") % {
            "path": path, "seconds": self._demo.observe_s,
        })  # fmt: skip
        refusals: list[Busy] = []

        def started() -> bool:
            try:
                self._plan.start()
            except Busy as error:
                refusals.append(error)
                return False
            return True

        # A few uploads take the stream at any time: one on its way is an undrained rest.
        if not self._until(started, within=START_WITHIN_S):
            raise refusals[-1]
        self._reach(1)

    def _reach(self, position: int) -> None:
        """Wait until all processes use the share of a step. Raises Stuck when that takes too long, or the plan goes
        elsewhere."""

        def reached() -> bool:
            if self._plan.rollback is not None:
                raise Stuck(_("The plan was rolled back: %s") % self._plan.rollback.reason)
            return self._plan.step(position).status in REACHED

        step = self._plan.step(position)
        if not self._until(reached, within=STEP_WITHIN_S):
            before = self._plan.step(max(1, position - 1))
            why = ", ".join(text(code) for code in before.blocked_by)
            raise Stuck(_("The plan does not get to %(share)d %%: %(why)s") % {
                "share": step.percentage, "why": why or "–",
            })  # fmt: skip
        self._say(_("%d %% of the devices are on the stream.") % step.percentage)
        # The step shall have evidence of its own before anything breaks.
        pause(min(WELL_S, self._demo.observe_s), stopping=self._stopping)

    def _outcome(self) -> str:
        row = self._plan.rollback
        return row.outcome if row is not None and row.verified_at is not None else ""

    @contextmanager
    def _fault(self, fault: Fault, *, delay_s: float = 0.0) -> Iterator[Arming]:
        injection = Arming(fault, prefix=self._fleet.prefix, delay_s=delay_s)
        try:
            injection.begin()
            yield injection
        finally:
            injection.end()

    def _until(self, state: Callable[[], T], *, within: float, tend: Callable[[], None] = nothing) -> T | None:
        return until(state, stopping=self._stopping, within=within, tend=tend)
