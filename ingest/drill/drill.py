"""One drill, from an idle system back to an idle system."""

import math
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings
from django.utils.translation import gettext as _

from ingest.drill import ground, mending, thresholds
from ingest.drill.consumers import Consumers
from ingest.drill.damage import LASTS_S, Damage
from ingest.drill.errors import Interrupted, Stuck
from ingest.drill.fault import Fault
from ingest.drill.injection import Arming, Injection
from ingest.drill.load import CHECKED_RATE, RATE, Load, of_drill
from ingest.drill.plan import STEPS, DrillPlan
from ingest.drill.progress import Progress
from ingest.drill.report import Report
from ingest.drill.thresholds import Thresholds
from ingest.drill.waiting import nothing, until
from ingest.drill.watch import Watch
from ingest.simulator.comparison import compare
from ingest.simulator.drain import drain
from ljwx import databaseclock
from ljwx.stopping import Stop
from rollout.controller.codes import text
from rollout.guardrails.policy import Policy

T = TypeVar("T")

APPLIED_WITHIN_S = 60.0
# The guardrail shall have seen the fleet well, and so shall the drill.
WELL_S = 3.0
WELL_WITHIN_S = 30.0
EFFECTIVE_WITHIN_S = 60.0
DRAINED_WITHIN_S = 90.0
MENDED_WITHIN_S = 120.0
# The last minute of the rollback, and the grace of the ledger.
VERIFIED_WITHIN_S = 150.0


@dataclass(frozen=True, slots=True)
class Drill:
    """What is asked of a drill. `within`: seconds for the guardrail to act; `verified`: wait until the rollback that
    ends it is verified, too."""

    fault: Fault
    base_url: str
    actor: str
    within: float
    verified: bool = True

    def __call__(self, progress: Progress, stopping: Stop) -> Report:
        """Whatever happens, the fault ends, the share goes back to 0 %, the thresholds and the number of consumers to
        what they were. Raises DrillError, redis.RedisError, django.db.Error."""
        ground.check(self.base_url)
        ground.check_idle()
        return _Course(self, progress, stopping).run()


class _Course:
    """A drill under way."""

    def __init__(self, drill: Drill, progress: Progress, stopping: Stop) -> None:
        self._drill, self._fault = drill, drill.fault
        self._progress, self._stopping = progress, stopping
        rate = CHECKED_RATE if drill.fault is Fault.CONSISTENCY else RATE
        self._load = Load(drill.base_url, fleet=of_drill(STEPS[0].percentage), rate=rate)
        self._prefix = self._load.fleet.prefix
        self._name = f"drill {drill.fault} {self._prefix}"
        self._plan = DrillPlan(name=self._name, actor=drill.actor, reason=self._name, over=_("The drill is over."))
        self._consumers, self._thresholds = Consumers(), Thresholds()
        self._unsettled: list[str] = []

    def run(self) -> Report:
        # What is put back last is taken first.
        with ExitStack() as back:
            back.callback(self._give_back_thresholds)
            policy = self._thresholds.take(reason=self._name)
            back.callback(self._give_back_consumers)
            back.callback(self._plan.end)
            back.callback(self._load.stop)
            self._begin()
            injection = self._injection(policy)
            back.callback(injection.end)
            watch, armed_at = self._watch(injection)
            self._progress.stage(_("everything goes back"))
            back.close()
        drained_at = self._drained()
        missing = self._mended(armed_at, injection) if isinstance(injection, Damage) else 0
        self._progress.stage(_("comparing with the tables"))
        drain(within=DRAINED_WITHIN_S, tell=lambda rest: None)
        findings = compare(self._load.fleet)
        findings.add_contradictions(self._load.tally.contradicted, self._load.tally.contradictions)
        return Report(
            fault=self._fault,
            action=watch.action,
            detect_s=_since(armed_at, watch.detected_at),
            decide_s=_since(armed_at, watch.decided_at),
            effect_s=_since(armed_at, watch.effective_at),
            drained_s=_since(armed_at, drained_at),
            tally=self._load.tally,
            findings=findings,
            deleted=injection.deleted if isinstance(injection, Damage) else 0,
            missing=missing,
            outcome=self._verified() if self._drill.verified else "",
            others=watch.others(),
            unsettled=self._unsettled,
        )

    def _begin(self) -> None:
        """The fleet uploads, the first step is applied, and nothing is wrong."""
        self._progress.stage(_("a backup is taken and the plan starts"))
        # Some uploads always take the stream: begun before, they would be the undrained rest of an earlier plan.
        self._plan.start()
        self._load.start()
        self._progress.stage(_("waiting for the first step"))
        if not self._until(lambda: self._plan.is_applied, within=APPLIED_WITHIN_S):
            why = ", ".join(text(code) for code in self._plan.first.blocked_by)
            raise Stuck(_("The first step is not applied after %(seconds)d s: %(why)s.") % {
                "seconds": APPLIED_WITHIN_S, "why": why or "–",
            })  # fmt: skip
        self._progress.stage(_("the fleet is well on %s %% of the devices") % self._plan.first.percentage)
        if self._stopping.wait(WELL_S):
            raise Interrupted
        watch = Watch(plan=self._plan.plan, fault=self._fault)
        if not self._until(lambda: not watch.is_named, within=WELL_WITHIN_S):
            raise Stuck(_("The guardrail finds something without any fault: look at the plan's step."))

    def _injection(self, policy: Policy) -> Injection:
        if self._fault is Fault.CONSISTENCY:
            return Damage(prefix=self._prefix, step=self._plan.first)
        delay_s = thresholds.delay_s(policy) if self._fault is Fault.SLOW else 0.0
        return Arming(self._fault, prefix=self._prefix, delay_s=delay_s)

    def _watch(self, injection: Injection) -> tuple[Watch, float]:
        """Begin the fault and follow it until what the guardrail does is in force; returns when it began, too."""
        self._until(lambda: databaseclock.now() >= injection.not_before, within=WELL_WITHIN_S)
        watch = Watch(plan=self._plan.plan, fault=self._fault)
        armed_at = databaseclock.now()
        injection.begin()
        self._progress.stage(_("fault: %s") % self._fault)
        if self._until(watch.look, within=self._drill.within, tend=injection.tend):
            self._progress.stage(_("the guardrail has acted: %s") % watch.action)
            self._until(watch.took_effect, within=EFFECTIVE_WITHIN_S, tend=injection.tend)
        return watch, armed_at

    def _drained(self) -> float | None:
        """When everything that was on its way was stored."""

        def drained() -> float | None:
            row = self._plan.rollback
            return row.drained_at.timestamp() if row is not None and row.drained_at is not None else None

        self._progress.stage(_("waiting for the streams"))
        return self._until(drained, within=DRAINED_WITHIN_S)

    def _mended(self, armed_at: float, damage: Damage) -> int:
        """What a check still misses once what was deleted is repaired. It judges no record younger than the grace."""
        self._progress.stage(_("waiting until the check can judge what was deleted"))
        old_enough = armed_at + LASTS_S + settings.CHECK_GRACE_S + 1
        self._until(lambda: databaseclock.now() > old_enough, within=settings.CHECK_GRACE_S + LASTS_S + 1)
        self._progress.stage(_("check and repair"))
        minutes = math.ceil((databaseclock.now() - armed_at) / 60) + 1
        answers: list[int] = []

        def mended() -> bool:
            found = mending.mend(minutes=minutes, actor=self._drill.actor, reason=self._name)
            answers.extend([] if found is None else [found])
            return found is not None

        if not self._until(mended, within=MENDED_WITHIN_S):
            self._unsettled.append(_("Another check is running: repair what the drill has deleted yourself."))
        return sum(answers)

    def _verified(self) -> str:
        """How the rollback has ended; empty when it has not yet."""

        def ended() -> str:
            row = self._plan.rollback
            return row.outcome if row is not None and row.active is None else ""

        self._progress.stage(_("waiting until the rollback is verified"))
        outcome = self._until(ended, within=VERIFIED_WITHIN_S) or ""
        if not outcome:
            self._unsettled.append(_("The rollback is not verified yet; it goes on."))
        return outcome

    def _give_back_thresholds(self) -> None:
        if not self._thresholds.give_back(actor=self._drill.actor, reason=_("The drill is over.")):
            self._unsettled.append(_("Somebody has changed the guardrails meanwhile: they stay as they are."))

    def _give_back_consumers(self) -> None:
        if not self._consumers.give_back(actor=self._drill.actor, reason=_("The drill is over.")):
            self._unsettled.append(_("The number of consumers is not what it was."))

    def _until(self, state: Callable[[], T], *, within: float, tend: Callable[[], None] = nothing) -> T | None:
        return until(state, stopping=self._stopping, within=within, tend=tend)


def _since(begin: float, at: float | None) -> float | None:
    return None if at is None else max(0.0, at - begin)
