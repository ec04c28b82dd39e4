"""Doing what a round has decided: each effect in one transaction with its decision, behind the fence."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from rollout import rollback
from rollout.controller.deciding import Do, Order
from rollout.controller.history import ACTOR
from rollout.controller.recording import record
from rollout.guardrails.evidence import Evidence
from rollout.guardrails.judgement import Judgement
from rollout.guardrails.metrics import Metric
from rollout.guardrails.verdicts import Verdict
from rollout.lease import Holding
from rollout.models import GuardrailPolicy, Plan, Step
from rollout.models.rollback import Rollback
from rollout.plans import steps, transitions
from rollout.plans.moving import atomic
from streaming.manager import get_consumer_manager
from streaming.models import ConsumerChange


@dataclass(frozen=True, slots=True)
class Round:
    """What a round is about."""

    plan: Plan | None
    step: Step | None
    policy: GuardrailPolicy
    evidence: Evidence
    judgement: Judgement
    holding: Holding
    kinds: tuple[str, ...]


@atomic
def act(order: Order, round_: Round) -> str:
    """Do it, and keep the decision; returns what was done, empty for nothing.

    Raises LeaseLost, plans.errors.PlanError, streaming.counts.CountConflict, django.db.Error: nothing was done then.
    """
    round_.holding.fence()
    done = _EFFECTS[order.do](order, round_)
    if done:
        record(
            plan=round_.plan,
            step=round_.step,
            policy=round_.policy,
            token=round_.holding.token,
            evidence=round_.evidence,
            judgement=round_.judgement,
            blocked_by=order.blocked_by,
            outcome=done,
        )
    return done


def _nothing(order: Order, round_: Round) -> str:
    return ""


def _roll_back(order: Order, round_: Round) -> str:
    lost = any(
        finding.metric is Metric.LOST and finding.verdict is Verdict.ACT for finding in round_.judgement.findings
    )
    # What Redis loses is lost for good: the legacy path's load is the smaller evil.
    rollback.execute_rollback(
        Rollback.Strategy.IMMEDIATE,
        order.reason,
        ACTOR,
        kinds=list(round_.kinds),
        source="guardrail",
        force=lost,
    )
    return f"rolled back: {order.reason}"


def _pause(order: Order, round_: Round) -> str:
    transitions.pause(_plan(round_).pk, actor=ACTOR, reason=order.reason[:255], cause=order.cause)
    return f"paused ({order.cause}): {order.reason}"


def _resume(order: Order, round_: Round) -> str:
    transitions.resume(_plan(round_).pk, actor=ACTOR, reason=order.reason, causes=order.cause.split(","))
    return f"resumed ({order.cause}): {order.reason}"


def _add_consumers(order: Order, round_: Round) -> str:
    manager = get_consumer_manager()
    wanted = (round_.evidence.consumers.desired or 0) + 1
    scaled = manager.scale(wanted, reason=order.reason, actor=ACTOR, source=ConsumerChange.Source.CONTROLLER)
    return f"consumers {scaled.before} → {scaled.after}: {order.reason}"


def _observe_anew(order: Order, round_: Round) -> str:
    plan, step = _plan(round_), _step(round_)
    steps.observe_anew(plan.pk, position=step.position, actor=ACTOR, reason=order.reason, fence=round_.holding.fence)
    return f"step {step.position} is observed anew: {order.reason}"


def _begin(order: Order, round_: Round) -> str:
    plan, step = _plan(round_), _step(round_)
    steps.begin(
        plan.pk, position=step.position, actor=ACTOR, reason=f"{plan.name}, step {step.position}"[:255],
        metrics=figures(round_.judgement), fence=round_.holding.fence,
    )  # fmt: skip
    return f"step {step.position}: {step.percentage} %"


def _confirm(order: Order, round_: Round) -> str:
    plan, step = _plan(round_), _step(round_)
    steps.confirm(plan.pk, position=step.position, actor=ACTOR, fence=round_.holding.fence)
    return f"step {step.position} is confirmed"


def _hold(order: Order, round_: Round) -> str:
    plan, step = _plan(round_), _step(round_)
    held = order.do is Do.HOLD
    steps.hold(
        plan.pk, position=step.position, actor=ACTOR, blocked_by=order.blocked_by, held=held,
        fence=round_.holding.fence,
    )  # fmt: skip
    return f"step {step.position} is {'held' if held else 'observed'}"


def _pass(order: Order, round_: Round) -> str:
    plan, step = _plan(round_), _step(round_)
    by = step.advance_requested_by or ACTOR
    steps.finish(
        plan.pk, position=step.position, actor=ACTOR, verdict=round_.judgement.verdict.value, by=by,
        fence=round_.holding.fence,
    )  # fmt: skip
    return f"step {step.position} has passed"


_EFFECTS: dict[Do, Callable[[Order, Round], str]] = {
    Do.NOTHING: _nothing,
    Do.ROLL_BACK: _roll_back,
    Do.PAUSE: _pause,
    Do.RESUME: _resume,
    Do.ADD_CONSUMERS: _add_consumers,
    Do.OBSERVE_ANEW: _observe_anew,
    Do.BEGIN: _begin,
    Do.CONFIRM: _confirm,
    Do.HOLD: _hold,
    Do.RELEASE: _hold,
    Do.PASS: _pass,
}


def figures(judgement: Judgement) -> dict[str, float | None]:
    """The value of each metric, as the history of changes keeps it."""
    return {
        ":".join(part for part in (finding.metric.value, finding.kind or finding.path) if part): finding.value
        for finding in judgement.findings
    }


def _plan(round_: Round) -> Plan:
    return cast(Plan, round_.plan)


def _step(round_: Round) -> Step:
    return cast(Step, round_.step)
