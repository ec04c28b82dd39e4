"""What to do in a round: a pure function of what was found, in the order of evaluation.

Override and operator pause · epoch confirmed · fresh evidence · guardrails that act · interval · enough samples · holds
· open alarms, freeze window · approval last. What acts is done whatever else stands in the way; only raising a share
needs all of it.
"""

from dataclasses import dataclass
from enum import StrEnum

from rollout.controller import codes
from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.judgement import Judgement, Stage
from rollout.guardrails.verdicts import Verdict

RUNNING, PAUSED, SOAKING = "running", "paused", "soaking"
PENDING, APPLYING, OBSERVING, HELD = "pending", "applying", "observing", "held"
OPERATOR, GUARDRAIL, NO_DATA, GAP = "operator", "guardrail", "no_data", "gap"
# In which the first evidence of a step is told, collected and judged.
FIRST_S = 5.0


class Do(StrEnum):
    """What the controller does in a round."""

    NOTHING = "nothing"
    ROLL_BACK = "roll_back"
    PAUSE = "pause"
    RESUME = "resume"
    ADD_CONSUMERS = "add_consumers"
    OBSERVE_ANEW = "observe_anew"
    BEGIN = "begin"
    CONFIRM = "confirm"
    HOLD = "hold"
    RELEASE = "release"
    PASS = "pass"  # noqa: S105


@dataclass(frozen=True, slots=True)
class StepState:
    """The step under way, or the next one when none is: `waited_s` since its observation began."""

    position: int
    status: str
    observe_s: int
    waited_s: float | None
    advance_requested: bool
    is_last: bool

    @property
    def is_over(self) -> bool:
        """Whether it was observed for its time."""
        return self.waited_s is not None and self.waited_s >= self.observe_s


@dataclass(frozen=True, slots=True)
class PlanState:
    """The active plan as a round found it. `moved`: kinds whose share is not the step's; `pauses`: standing causes."""

    status: str
    auto_execute: bool
    approved: bool
    step: StepState | None
    pauses: frozenset[str] = frozenset()
    moved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Around:
    """What is not in the evidence. `gap_s`: since the round before, by whichever controller; `not_ready`: what the
    pre-flight found, asked for only when a share would be raised; None in `alarms`: not known; `alerts`: those that
    fire and hold; `is_used`: there are shares to lower."""

    gap_s: float | None
    overridden: bool
    unconfirmed: tuple[str, ...]
    alarms: tuple[str, ...] | None
    frozen: bool
    not_ready: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    is_used: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """What to do, why, and everything that keeps the plan from its next step."""

    do: Do
    reason: str = ""
    cause: str = ""
    blocked_by: tuple[str, ...] = ()


def decide(
    *, plan: PlanState | None, judgement: Judgement, around: Around, gap_limit_s: float, quiet_s: float
) -> Order:
    """The order of this round. `gap_limit_s`: a longer gap has to be observed anew; `quiet_s`: a longer one pauses."""
    if judgement.action is Action.ROLL_BACK and (plan is not None or around.is_used):
        return Order(Do.ROLL_BACK, _why(judgement, Action.ROLL_BACK))
    if plan is None:
        return Order(Do.ADD_CONSUMERS, _why(judgement, Action.ADD_CONSUMERS)) if _adds(judgement) else Order(Do.NOTHING)
    blocked = tuple(dict.fromkeys(blocks(plan, judgement, around)))
    if plan.status in (RUNNING, PAUSED):
        pause = _pause(plan, judgement)
        # Before a gap: rounds that are always slow would keep it off for ever, and who resumes observes anew anyway.
        if pause is not None and pause.cause == GUARDRAIL:
            return _with(pause, blocked)
        if found := _gap(plan, around, gap_limit_s, quiet_s) or pause:
            return _with(found, blocked)
    if _adds(judgement):
        return Order(Do.ADD_CONSUMERS, _why(judgement, Action.ADD_CONSUMERS), blocked_by=blocked)
    if plan.status == PAUSED and (cleared := _clears(plan, judgement)):
        return Order(Do.RESUME, "fresh evidence again", cleared, blocked)
    if plan.status not in (RUNNING, PAUSED) or plan.step is None:
        return Order(Do.NOTHING, blocked_by=blocked)
    return _step(plan, plan.step, judgement, around, blocked)


def blocks(plan: PlanState, judgement: Judgement, around: Around) -> list[str]:
    """Everything that keeps the plan from its next step, in the order of evaluation, as codes."""
    step = plan.step
    found = [codes.OVERRIDE] if around.overridden else []
    found += [codes.PAUSED] if plan.pauses else []
    found += [f"{codes.MOVED}:{kind}" for kind in plan.moved]
    # The first step is begun on nothing: there is no share of its own yet to be judged.
    observed = step is not None and step.status in (OBSERVING, HELD)
    if around.unconfirmed and step is not None and step.status != PENDING:
        found.append(codes.EPOCH)
    guardrails = [block for block in judgement.blocks if observed or block.stage is Stage.ACT]
    early = [block for block in guardrails if block.stage <= Stage.ACT]
    found += [codes.of_block(block) for block in early]
    if observed and step is not None and not step.is_over:
        found.append(codes.INTERVAL)
    found += [codes.of_block(block) for block in guardrails if block.stage > Stage.ACT]
    if around.alarms is None:
        found.append(codes.ALARMS)
    else:
        found += [f"{codes.ALARMS}:{name}" for name in around.alarms]
    found += [f"{codes.ALERTS}:{name}" for name in around.alerts]
    found += [codes.FREEZE] if around.frozen else []
    found += [f"{codes.NOT_READY}:{item}" for item in around.not_ready]
    found += [codes.APPROVAL] if not plan.approved else []
    if observed and step is not None and not (plan.auto_execute or step.advance_requested or step.is_last):
        found.append(codes.PERSON)
    return found


def _step(plan: PlanState, step: StepState, judgement: Judgement, around: Around, blocked: tuple[str, ...]) -> Order:
    if step.status == APPLYING:
        return Order(Do.NOTHING if around.unconfirmed else Do.CONFIRM, blocked_by=blocked)
    if plan.status == RUNNING and not blocked:
        return Order(Do.BEGIN if step.status == PENDING else Do.PASS)
    if step.status == PENDING:
        return Order(Do.NOTHING, blocked_by=blocked)
    # Too few samples hold nothing back yet: a step that fills is observed. So is one that has just begun.
    waits = [Stage.INTERVAL, Stage.SAMPLES, Stage.APPROVAL]
    if step.status == OBSERVING and step.waited_s is not None and step.waited_s < FIRST_S:
        waits.append(Stage.FRESH)
    held = any(block.stage not in waits for block in judgement.blocks)
    if held != (step.status == HELD):
        return Order(Do.HOLD if held else Do.RELEASE, blocked_by=blocked)
    return Order(Do.NOTHING, blocked_by=blocked)


def _pause(plan: PlanState, judgement: Judgement) -> Order | None:
    """The pause that a guardrail, or the lack of data, asks for and that does not stand yet."""
    if judgement.action is not Action.PAUSE:
        return None
    cause = NO_DATA if _is_quiet(judgement) else GUARDRAIL
    return None if cause in plan.pauses else Order(Do.PAUSE, _why(judgement, Action.PAUSE), cause)


def _gap(plan: PlanState, around: Around, limit_s: float, quiet_s: float) -> Order | None:
    """Time in which nobody looked: the step is observed anew, and after a long time the plan pauses first."""
    if around.gap_s is None or around.gap_s <= limit_s:
        return None
    reason = f"nobody looked for {around.gap_s:.0f} s"
    if around.gap_s > quiet_s and GAP not in plan.pauses:
        return Order(Do.PAUSE, reason, GAP)
    if plan.step is not None and plan.step.status in (OBSERVING, HELD):
        return Order(Do.OBSERVE_ANEW, reason)
    return None


def _clears(plan: PlanState, judgement: Judgement) -> str:
    """The causes, comma-separated, that are over: the controller clears what it has set itself. Evidence that is fresh
    again ends *no data* and *gap*; a guardrail's pause ends when everything passes, clean windows included, and only
    in a plan that advances by itself."""
    fresh = judgement.verdict is not Verdict.NO_DATA and judgement.action is not Action.PAUSE
    over = {NO_DATA, GAP} if fresh else set()
    if judgement.verdict is Verdict.PASS and plan.auto_execute:
        over.add(GUARDRAIL)
    return ",".join(sorted(over & plan.pauses))


def _adds(judgement: Judgement) -> bool:
    return judgement.action is Action.ADD_CONSUMERS


def _is_quiet(judgement: Judgement) -> bool:
    """Whether nothing but missing data asks for the pause."""
    asking = [finding for finding in judgement.findings if finding.action is Action.PAUSE]
    return all(Code.QUIET in finding.codes for finding in asking)


def _why(judgement: Judgement, action: Action) -> str:
    """The findings that ask for `action`, in short."""
    asking = [finding for finding in judgement.findings if finding.action is action]
    return "; ".join(
        " ".join(
            part for part in (finding.metric.value, finding.kind or finding.path or "", _figure(finding.value)) if part
        )
        for finding in asking
    )[:255]


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _with(order: Order, blocked: tuple[str, ...]) -> Order:
    return Order(order.do, order.reason, order.cause, blocked)
