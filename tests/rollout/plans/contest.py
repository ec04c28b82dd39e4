"""Fifty threads that pull at one plan, and the laws that its history must obey afterwards.

`LJWX_TEST_CONTEST=1000 bin/test tests/rollout/plans/test_contest.py` makes the full proof; a round is one fresh plan.
"""

import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial

from django.db import connections

from rollout import traffic
from rollout.models import Change, Pause, Plan, Route, Transition
from rollout.plans import drafting, returning, steps, transitions
from rollout.plans.actions import ACTIVE
from rollout.plans.errors import Conflict
from rollout.plans.moving import atomic
from tests.rollout.plans.stage import CONTROLLER, brought, drafts, ready, unfenced

THREADS = 50
SHARES = ("5", "10", "50")
# Where rounds begin, in turn: from there fifty moves reach every status.
BEGINS = (Plan.Status.APPROVED, Plan.Status.RUNNING, Plan.Status.PAUSED, Plan.Status.SUBMITTED)

Move = Callable[[int, str], object]


@atomic
def back(plan_id: int, actor: str) -> None:
    """A rollback as it is asked for: the plan and the routes of its kinds in one transaction."""
    plan = returning.roll_back(plan_id, actor=actor, reason="errors")
    traffic.switch(
        percentage=Decimal(0), kinds=plan.kinds, actor=actor, reason="errors", source=Change.Source.ROLLBACK, plan=plan
    )


def edit(plan_id: int, actor: str) -> None:
    drafting.edit(
        plan_id, name=actor, steps=drafts(*SHARES), kinds=["event", "health"], auto_execute=False, actor=actor
    )  # fmt: skip


def next_step(plan_id: int, actor: str) -> None:
    """What a controller does: pass the step that is observed, or confirm the one that is applied, or begin the next."""
    step = Plan.objects.get(pk=plan_id).steps.exclude(status="passed").first()
    if step is None:
        return
    if step.status == "pending":
        steps.begin(plan_id, position=step.position, actor=actor, reason="pass", metrics={}, fence=unfenced)
    elif step.status == "applying":
        steps.confirm(plan_id, position=step.position, actor=actor, fence=unfenced)
    else:
        steps.finish(plan_id, position=step.position, actor=actor, verdict="pass", by=actor, fence=unfenced)


MOVES: dict[str, tuple[int, Move]] = {
    "submit": (3, lambda plan_id, actor: transitions.submit(plan_id, actor=actor)),
    "approve": (5, lambda plan_id, actor: transitions.approve(plan_id, actor=actor, reason="read")),
    "edit": (2, edit),
    "start": (5, lambda plan_id, actor: transitions.start(plan_id, actor=actor, preflight=ready)),
    "next": (14, next_step),
    "hold": (
        2,
        lambda plan_id, actor: steps.hold(plan_id, position=1, actor=actor, blocked_by=["backlog"], fence=unfenced),
    ),
    "pause": (4, lambda plan_id, actor: transitions.pause(plan_id, actor=actor, reason="x")),
    "stop": (
        2,
        lambda plan_id, actor: transitions.pause(plan_id, actor=actor, reason="x", cause=Pause.Cause.GUARDRAIL),
    ),
    "resume": (
        7,
        lambda plan_id, actor: transitions.resume(plan_id, actor=actor, reason="x", causes=Pause.Cause.values),
    ),
    "advance": (2, lambda plan_id, actor: transitions.advance(plan_id, actor=actor)),
    "complete": (1, lambda plan_id, actor: transitions.complete(plan_id, actor=actor, reason="x")),
    "rollback": (2, back),
    "drain": (1, lambda plan_id, actor: returning.drain(plan_id, actor=actor)),
    "end": (1, lambda plan_id, actor: returning.end(plan_id, actor=actor)),
}


class Contest:
    """Rounds of one plan each. `outcomes` counts what became of every move; anything but done or refused raises."""

    def __init__(self, *, seed: int) -> None:
        self._random = random.Random(seed)
        self._begins = itertools.cycle(BEGINS)
        self._pool = ThreadPoolExecutor(THREADS)
        self.outcomes: Counter[str] = Counter()
        self.rolled_back: set[int] = set()
        self._lock = threading.Lock()

    def round(self) -> Plan:
        """One plan and fifty threads with one move each, all let go at once, then what it takes to end the plan."""
        plan = brought(next(self._begins), steps=drafts(*SHARES), kinds=["event", "health"])
        rival = brought(Plan.Status.APPROVED, name="rival")
        names = self._random.choices(list(MOVES), [weight for weight, _ in MOVES.values()], k=THREADS - 2)
        moves = [partial(self._do, name, MOVES[name][1], plan.pk) for name in names]
        moves += [partial(self._do, "rival", MOVES["start"][1], rival.pk)] * 2
        together = threading.Barrier(THREADS)
        for done in [self._pool.submit(self._together, together, move) for move in moves]:
            done.result()
        for each in (plan, rival):
            each.refresh_from_db()
        return plan

    def _together(self, together: threading.Barrier, move: Callable[[], None]) -> None:
        together.wait(timeout=60)
        move()

    def _do(self, name: str, move: Move, plan_id: int) -> None:
        try:
            move(plan_id, f"{CONTROLLER}-{threading.get_ident()}")
        except Conflict:
            outcome = "refused"
        else:
            outcome = "done"
        with self._lock:
            self.outcomes[f"{name} {outcome}"] += 1
            if (name, outcome) == ("rollback", "done"):
                self.rolled_back.add(plan_id)

    def close(self) -> None:
        """End the threads with their connections."""
        together = threading.Barrier(THREADS)
        for done in [self._pool.submit(self._together, together, connections.close_all) for _ in range(THREADS)]:
            done.result()
        self._pool.shutdown()


def faults(plan: Plan, *, rolled_back: bool) -> list[str]:
    """Which laws the history of `plan` breaks."""
    rows = list(Transition.objects.filter(plan=plan).order_by("version"))
    found = []
    if [row.version for row in rows] != list(range(1, plan.version + 1)):
        found.append(f"versions with holes: {[row.version for row in rows]}, plan at {plan.version}")
    found += _chain(rows, plan)
    if rolled_back and plan.rollback_requested_at is None:
        found.append("a rollback that was answered is lost")
    if plan.rollback_requested_at is not None:
        if plan.status not in ("rolling_back", "draining", "rolled_back"):
            found.append(f"{plan.status} although a rollback was asked for")
        actions = [row.action for row in rows]
        late = actions[actions.index("rollback") + 1 :]
        found += [f"{action} after the rollback" for action in late if action not in ("drain", "end")]
    if (plan.active is True) != (plan.status in ACTIVE):
        found.append(f"active {plan.active} while {plan.status}")
    if plan.status == "paused" and not plan.pauses.filter(standing=True).exists():
        found.append("paused without a pause")
    if plan.status != "paused" and plan.pauses.filter(standing=True).exists():
        found.append(f"a pause stands while {plan.status}")
    return found


def _chain(rows: list[Transition], plan: Plan) -> list[str]:
    """Each row begins where the row before it of the same thing, the plan or a step, ended."""
    found, status, steps_now = [], "draft", dict.fromkeys(range(1, len(SHARES) + 1), "pending")
    for row in rows:
        if row.action == "edit":
            steps_now = dict.fromkeys(steps_now, "pending")
        if row.step is None:
            if row.from_status != status:
                found.append(f"{row.version}: {row.action} from {row.from_status}, but the plan was {status}")
            status = row.to_status
            changes = {int(position): pair for position, pair in row.facts.get("steps", {}).items()}
        else:
            changes = {row.step: [row.from_status, row.to_status]}
            if status not in ("running", "paused"):
                found.append(f"{row.version}: {row.action} of a step while {status}")
        for position, (before, after) in changes.items():
            if steps_now[position] != before:
                found.append(f"{row.version}: step {position} from {before}, but it was {steps_now[position]}")
            steps_now[position] = after
    if status != plan.status:
        found.append(f"the last row says {status}, the plan {plan.status}")
    if steps_now != dict(plan.steps.values_list("position", "status")):
        found.append(f"the rows say {steps_now} of the steps")
    return found


def route_faults() -> list[str]:
    """Which routes are not what the last of their changes says, or have changes that do not follow one another."""
    found = []
    for route in Route.objects.all():
        epoch, share = 1, Decimal(0)
        for change in Change.objects.filter(kind=route.kind).order_by("epoch"):
            if (change.epoch, change.from_percentage) != (epoch + 1, share):
                found.append(f"{change} at epoch {change.epoch} after {share} % at {epoch}")
            epoch, share = change.epoch, change.to_percentage
        if (route.epoch, route.percentage) != (epoch, share):
            found.append(f"{route} at epoch {route.epoch}, but the last change is {share} % at {epoch}")
    return found
