"""The controller: one round a second, by whoever holds the lease."""

import logging
from collections.abc import Callable
from decimal import Decimal

import redis
from django.db import Error, close_old_connections, transaction
from django.utils import timezone

from ljwx import databaseclock
from ljwx.pauses import doubled
from ljwx.redis import CONTROLLER_KEY, client
from ljwx.stopping import Stop
from monitoring import alarms, live, processes, samples
from monitoring import tallies as told
from monitoring.alerts import evaluating, registry
from rollout import checklists, confirmation, consistency, lease, override, policies, rollback, traffic
from rollout.controller import planstate
from rollout.controller.acting import Round, act
from rollout.controller.backingup import BACKUP, Renewal
from rollout.controller.checking import Checks
from rollout.controller.collecting import Collector
from rollout.controller.deciding import PENDING, RUNNING, Around, Do, Order, PlanState, decide
from rollout.controller.freeze import is_frozen
from rollout.controller.history import ACTOR, changes
from rollout.controller.memory import Memory, load, save
from rollout.controller.recording import record
from rollout.controller.redislook import Look
from rollout.controller.state import ALARM, LEASE_S, NAME
from rollout.guardrails.judge import judge
from rollout.guardrails.recovery import streaks
from rollout.lease import Holding, LeaseLost
from rollout.live.document import Composer
from rollout.live.sampling import Sampler
from rollout.models import Plan, Route, Step
from rollout.plans.errors import PlanError
from rollout.rollback import override as override_rollback
from rollout.rollback.errors import RollbackRefused
from streaming.counts import CountConflict, OutOfRange

log = logging.getLogger(__name__)

ROUND_S = 1.0
STORED_EVERY_S = 60.0
PRUNED_EVERY_S = 60.0
# Long enough for web processes to see that nobody leads.
LONGEST_PAUSE_S = 15.0
# What a round can not do now it tries in the next; nothing was written.
REFUSED = (PlanError, RollbackRefused, CountConflict, OutOfRange)


class Controller:
    """One candidate for the lead.

    Guarantee: every effect is one transaction that names the fencing token, so that of several controllers one alone
    acts, and one that was stopped past its lease writes nothing. What is remembered outlasts its process.
    """

    clock: Callable[[], float] = staticmethod(databaseclock.now)

    def __init__(self, *, holder: str = "") -> None:
        self.holder = holder or lease.here()
        self.holding: Holding | None = None
        self._memory = Memory()
        self._collector = Collector()
        self._renewal = Renewal()
        self._checks = Checks()
        self._fading = consistency.Fading()
        self._sampler = Sampler()
        self._composer = Composer("controller")
        self._pruned_at: float | None = None

    def run(self, stopping: Stop) -> None:
        """Rounds until `stopping`, then leave the lead to another at once. After an error that nobody thought of too:
        another may fare better, and when none does, that nobody leads is seen."""
        failures = 0
        while not stopping.is_set():
            try:
                self.step()
                failures = 0
            except Exception:  # the top of a process on which every way back by itself rests
                log.exception("a round of the controller fails")
                failures += 1
                self.leave()
            stopping.wait(doubled(ROUND_S, failures, longest_s=LONGEST_PAUSE_S))
        self.leave()

    def step(self) -> bool:
        """One round, when this one leads; whether it did. Never raises for a database or a Redis that is away."""
        close_old_connections()
        try:
            holding = self._held()
            if holding is None:
                return False
            self._round(holding)
        except LeaseLost as error:
            log.warning("%s", error)
            self.holding = None
            return False
        except Error as error:
            log.warning("a round of the controller fails: %s", error)
            return False
        return True

    def leave(self) -> None:
        """Let another one lead at once."""
        self._checks.end()
        if self.holding is not None:
            try:
                self.holding.release()
            except Error as error:
                log.info("the lease ends by itself: %s", error)
            self.holding = None

    def _held(self) -> Holding | None:
        """The lease, renewed or taken; None while another one leads."""
        if self.holding is not None:
            self.holding.renew()
            return self.holding
        self.holding = lease.take(NAME, holder=self.holder, seconds=LEASE_S)
        if self.holding is None:
            return None
        log.warning("%s leads, with token %d", self.holder, self.holding.token)
        self._memory, self._collector = load(), Collector()
        alarms.clear(ALARM)
        return self.holding

    def _round(self, holding: Holding) -> None:
        now = self.clock()
        row, policy = policies.active()
        plan = planstate.active()
        step = planstate.current(plan) if plan else None
        state = planstate.state(plan, step, now=now) if plan else None
        kinds = self._kinds(plan)
        web = confirmation.web()
        unconfirmed = confirmation.lagging(web, traffic.epochs(kinds))
        found = self._collector.collect(
            memory=self._memory, policy=policy, kinds=kinds, unconfirmed=unconfirmed, changes=changes(plan), now=now,
        )  # fmt: skip
        judgement = judge(policy, found.evidence)
        around = Around(
            gap_s=found.evidence.heartbeat_age_s,
            overridden=override.current.get() is not None or bool(confirmation.forced(web)),
            unconfirmed=tuple(unconfirmed),
            alarms=found.look.alarms,
            alerts=tuple(evaluating.holding(registry.rules())),
            frozen=is_frozen(timezone.localtime()),
            not_ready=tuple(self._not_ready(plan, state)),
            is_used=bool(kinds),
        )
        limits = policy.heartbeat
        order = decide(
            plan=state,
            judgement=judgement,
            around=around,
            gap_limit_s=limits.round_s * limits.missed,
            quiet_s=policy.quiet_s,
        )
        round_ = Round(plan, step, row, found.evidence, judgement, holding, tuple(kinds))
        done = self._act(order, round_)
        for kind in judgement.spent if order.do is Do.PAUSE and done else ():
            self._memory.kinds.pop(kind, None)
        self._tell(holding, plan, step, order)
        self._store(round_, order, done, now)
        self._memory.streaks = streaks(limits=policy.flapping, evidence=found.evidence, judgement=judgement)
        self._memory.round_at = now
        save(self._memory, holding=holding)
        override_rollback.note(now=now, fence=holding.fence)
        rollback.progress(now=now, fence=holding.fence)
        consistency.advance(now=now)
        self._checks.ask(now=now)
        self._fading.step(now=now)
        self._prune(now)
        self._sampler.take(evidence=found.evidence, look=found.look, holding=holding, now=now)
        self._beat()
        self._publish(round_, found.look)

    def _beat(self) -> None:
        """Say in Redis who leads, for those who do not ask the database."""
        try:
            client("control").set(CONTROLLER_KEY, self.holder, px=int(LEASE_S * 1000))
        except redis.RedisError as error:
            log.debug("nobody is told who leads: %s", type(error).__name__)

    def _publish(self, round_: Round, look: Look) -> None:
        """Let every browser see it. A Redis that has not answered in this round is not asked again: each web process
        composes the document itself then."""
        if look.alarms is None:
            return
        try:
            live.publish(self._composer.compose(round_.judgement))
        except redis.RedisError as error:
            log.debug("the live document is not published: %s", type(error).__name__)

    def _act(self, order: Order, round_: Round) -> str:
        try:
            done = act(order, round_)
        except REFUSED as error:
            log.info("%s is not done: %s", order.do, error)
            return ""
        if done:
            log.warning("%s", done)
        return done

    def _kinds(self, plan: Plan | None) -> list[str]:
        """The plan's kinds; without one those that have devices on the stream."""
        if plan is not None:
            return sorted(plan.kinds)
        on_stream = Route.objects.filter(percentage__gt=Decimal(0)).order_by("kind")
        return list(on_stream.values_list("kind", flat=True))

    def _not_ready(self, plan: Plan | None, state: PlanState | None) -> list[str]:
        """What the pre-flight finds, when this round could raise a share."""
        if plan is None or state is None or state.status != RUNNING or (step := state.step) is None:
            return []
        if step.status != PENDING and not step.is_over:
            return []
        found = checklists.preflight(plan)
        if BACKUP in found:
            self._renewal.ask(event=f"plan-{plan.pk}-step-{step.position}", actor=ACTOR)
        return found

    def _tell(self, holding: Holding, plan: Plan | None, step: Step | None, order: Order) -> None:
        """Keep what the step waits for, for people to see."""
        if plan is None or step is None or step.blocked_by == list(order.blocked_by):
            return
        with transaction.atomic():
            holding.fence()
            Step.objects.filter(pk=step.pk).update(blocked_by=list(order.blocked_by))

    def _store(self, round_: Round, order: Order, done: str, now: float) -> None:
        """One decision a minute at least, while there is something to decide."""
        last = self._memory.stored_at
        if done:
            self._memory.stored_at = now
            return
        if not round_.kinds or (last is not None and now - last < STORED_EVERY_S):
            return
        with transaction.atomic():
            round_.holding.fence()
            record(
                plan=round_.plan, step=round_.step, policy=round_.policy, token=round_.holding.token,
                evidence=round_.evidence, judgement=round_.judgement, blocked_by=order.blocked_by,
            )  # fmt: skip
        self._memory.stored_at = now

    def _prune(self, now: float) -> None:
        if self._pruned_at is not None and now - self._pruned_at < PRUNED_EVERY_S:
            return
        self._pruned_at = now
        told.prune(moment=now)
        processes.prune(moment=now)
        samples.prune(moment=now)
        consistency.prune(now=now)
