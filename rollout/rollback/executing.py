"""Asking for the way back: one short transaction of the database that needs nothing else."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.utils import timezone
from msgspec.structs import replace

from rollout.models import Plan, Rollback, Route
from rollout.plans import returning
from rollout.plans.moving import atomic
from rollout.rollback import facts, ladders, strategies
from rollout.rollback.capacity import Headroom, headroom
from rollout.rollback.facts import Facts, Request
from rollout.rollback.lowering import hold, lower
from rollout.rollback.strategies import Way

S = Rollback.Status
REASON_LENGTH = 255


def execute_rollback(
    strategy: str,
    reason: str,
    actor: str = "system",
    *,
    kinds: Sequence[str] | None = None,
    target: Decimal | None = None,
    interval_s: int | None = None,
    source: str = "python",
    force: bool = False,
) -> Rollback:
    """Lower the share of `kinds` (None: of all; for *previous-step* and *gradual* of the active plan's) and end the
    active plan. The controller then waits for the processes, drains the streams and checks (`progress`).

    Needs no approval and no Redis, touches no consumer, never raises a share. One rollback is under way at a time:
    asked again, it is the same one, and goes lower when that is asked. `target` is for *to-percentage*, and where
    *gradual* ends (0). `interval_s`: seconds between the steps of *gradual* (LJWX_ROLLBACK_INTERVAL_S). When the legacy
    path is known to be too small for a jump it goes in steps like *gradual*, unless `force`.

    Raises RollbackRefused for what is no way back, django.db.Error when the database does not take it: nothing was
    changed then.
    """
    room = None if force else _room(strategy, kinds, target)
    interval = settings.ROLLBACK_INTERVAL_S if interval_s is None else interval_s
    asked = Request(timezone.now(), strategy, actor[:150], reason[:REASON_LENGTH], source, force)
    return _execute(asked, kinds=kinds, target=target, interval_s=interval, room=room)


def _room(strategy: str, kinds: Sequence[str] | None, target: Decimal | None) -> Headroom:
    # Before the transaction, which stays short: what it measures is no truth of the moment anyway.
    plan = Plan.objects.filter(active=True).first()
    shares = dict(Route.objects.values_list("kind", "percentage"))
    end = strategies.end(strategy, plan=plan, target=target)
    going = strategies.chosen(strategy, kinds=kinds, plan=plan, known=list(shares))
    return headroom(shares, dict.fromkeys(going, end), now=timezone.now())


@atomic
def _execute(
    asked: Request, *, kinds: Sequence[str] | None, target: Decimal | None, interval_s: int, room: Headroom | None
) -> Rollback:
    plan, shares, active = hold()
    end = strategies.end(asked.strategy, plan=plan, target=target)
    going = strategies.chosen(asked.strategy, kinds=kinds, plan=plan, known=list(shares))
    way = strategies.way(
        asked.strategy, shares={kind: shares[kind] for kind in going}, plan=plan, target=end,
        fits=room.fits if room else None,
    )  # fmt: skip
    if plan is not None:
        returning.roll_back(plan.pk, actor=asked.actor, reason=asked.reason)
    if active is None:
        return _begin(asked, way, plan=plan, shares=shares, interval_s=interval_s, room=room)
    return _join(active, asked, way, plan=plan, interval_s=interval_s, room=room)


def _begin(
    asked: Request, way: Way, *, plan: Plan | None, shares: dict[str, Decimal], interval_s: int, room: Headroom | None
) -> Rollback:
    rollback = Rollback.objects.create(
        plan=plan,
        strategy=way.strategy,
        kinds=sorted(way.ladders),
        target=way.target,
        interval_s=interval_s if way.strategy == Rollback.Strategy.GRADUAL else 0,
        before={kind: str(shares[kind]) for kind in way.ladders},
        source=asked.source,
        actor=asked.actor,
        reason=asked.reason,
        forced=asked.forced,
        requested_at=asked.at,
    )
    lower(rollback, _first(way), actor=asked.actor, reason=asked.reason)
    left = {kind: ladder[1:] for kind, ladder in way.ladders.items() if ladder[1:]}
    return _write(rollback, Facts(asked=asked.strategy, ladders=left, headroom=room), asked)


def _join(
    active: Rollback, asked: Request, way: Way, *, plan: Plan | None, interval_s: int, room: Headroom | None
) -> Rollback:
    """Go lower than the rollback that is under way, when that is what is asked. One on its way down in steps takes
    them one an interval however often it is asked; only a jump passes them."""
    held = facts.read(active.facts)
    steps = way.strategy == Rollback.Strategy.GRADUAL
    now: dict[str, Decimal] = {}
    left = dict(held.ladders)
    for kind, ladder in way.ladders.items():
        old = held.ladders.get(kind, [])
        if steps and old:
            left[kind] = ladders.merged(old, [share for share in ladder if share < old[-1]])
        elif ladder:
            now[kind] = ladder[0]
            left[kind] = ladders.merged([share for share in old if share < ladder[0]], ladder[1:])
    left = {kind: ladder for kind, ladder in left.items() if ladder}
    if not now and left == held.ladders and active.plan_id == (plan.pk if plan else active.plan_id):
        return active
    active.plan = active.plan or plan
    active.kinds = sorted({*active.kinds, *way.ladders})
    active.target = min(active.target, way.target)
    active.forced = active.forced or asked.forced
    active.interval_s = active.interval_s or (interval_s if left else 0)
    lower(active, now, actor=asked.actor, reason=asked.reason)
    requests = [*held.requests, asked][-facts.MOST_REQUESTS :]
    joined = Facts(
        asked=held.asked, ladders=left, next_at=held.next_at if left else None, requests=requests,
        headroom=room or held.headroom,
    )  # fmt: skip
    return _write(active, joined, asked)


def _first(way: Way) -> dict[str, Decimal]:
    return {kind: ladder[0] for kind, ladder in way.ladders.items() if ladder}


def _write(rollback: Rollback, held: Facts, asked: Request) -> Rollback:
    """The processes must confirm anew, and what was found drained or right was so under another share."""
    if held.ladders and held.next_at is None:
        held = replace(held, next_at=asked.at + timedelta(seconds=rollback.interval_s))
    rollback.status = S.LOWERING if held.ladders else S.CONFIRMING
    rollback.lowered_at = None if held.ladders else asked.at
    rollback.effective_at = rollback.drained_at = rollback.verified_at = None
    rollback.facts = facts.written(held)
    rollback.save()
    return rollback
