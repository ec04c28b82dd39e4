"""Whether the window of a rollback lost nothing: what is asked when the streams are drained.

The ledger always answers. Whoever can compare more registers a check.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import redis
from django.utils.translation import gettext_noop as _
from msgspec.structs import replace

from rollout.lease import Fence
from rollout.models import Rollback
from rollout.plans import returning
from rollout.plans.moving import atomic
from rollout.rollback import facts
from rollout.rollback.draining import silent
from rollout.rollback.lowering import hold
from rollout.rollback.said import Said, sentence
from rollout.rollback.staying import note, same
from streaming import accounts

S = Rollback.Status
# What waited in the streams when the rollback was asked for is at most as old as they keep it by default.
BEFORE_MINUTES = 60
LONGEST_MINUTES = 24 * 60
OUTCOME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Window:
    """Uploads of `kinds` received from minute `first` to minute `last` since 1970, both included; `now`: epoch
    seconds."""

    kinds: tuple[str, ...]
    first: int
    last: int
    now: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found: whether all is right, and how it says so."""

    right: bool
    said: Said


# None: not yet, ask again in the next round. One call is a bounded piece of work.
Check = Callable[[Window], Found | None]

_checks: list[Check] = []


def register(check: Check) -> None:
    """Ask `check` too before a rollback is done."""
    if check not in _checks:
        _checks.append(check)


def by_ledger(window: Window) -> Found | None:
    """No promise of the window is without an outcome. Raises django.db.Error, redis.RedisError: not known."""
    minutes = int(window.now) // 60 - window.first + 1
    lines = [
        line
        for line in accounts.lines(minutes, now=window.now)
        if line.kind in window.kinds and window.first <= line.minute <= window.last
    ]
    if any(not line.settled for line in lines):
        return None
    residue = sum(line.residue for line in lines if line.residue > 0)
    if residue:
        return Found(False, Said(_("records in no account: %(count)d (manage.py ledger)"), {"count": residue}))
    accepted = sum(line.accepted for line in lines)
    text = _("by the ledger: %(count)d records accepted, each stored, dead or a duplicate")
    return Found(True, Said(text, {"count": accepted}))


def verify(rollback: Rollback, *, now: datetime, fence: Fence) -> bool:
    """Ask every check once. All answered: the rollback is done, and its plan rolled back."""
    held = facts.read(rollback.facts)
    window = _window(rollback, now=now)
    if now.timestamp() < (window.last + 1) * 60 + accounts.GRACE_S:
        return note(rollback, replace(held, waits=[_soon()]), fence=fence)
    try:
        found = [check(window) for check in (by_ledger, *_checks)]
    except redis.RedisError as error:
        return note(rollback, replace(held, waits=[silent(error)]), fence=fence)
    answers = [each for each in found if each is not None]
    if len(answers) < len(found):
        return note(rollback, replace(held, waits=[_soon()]), fence=fence)
    return _end(rollback, answers, now=now, fence=fence)


def _soon() -> Said:
    return Said(_("until the last minute can be judged"))


def _window(rollback: Rollback, *, now: datetime) -> Window:
    asked, effective = rollback.requested_at, rollback.effective_at or now
    last = int(effective.timestamp()) // 60
    first = max(int(asked.timestamp()) // 60 - BEFORE_MINUTES, last - LONGEST_MINUTES)
    return Window(tuple(rollback.kinds), first, last, now.timestamp())


@atomic
def _end(rollback: Rollback, answers: Sequence[Found], *, now: datetime, fence: Fence) -> bool:
    fence()
    hold()
    if not same(rollback):
        return False
    right = all(answer.right for answer in answers)
    held = facts.read(rollback.facts)
    found = [*held.found, *(answer.said for answer in answers)]
    rollback.outcome = sentence(found)[:OUTCOME_LENGTH]
    rollback.verified_at = now if right else None
    rollback.status, rollback.active = S.DONE, None
    rollback.facts = facts.written(replace(held, waits=[], found=found))
    if rollback.plan is not None:
        returning.end(rollback.plan.pk, actor=rollback.actor, reason=rollback.outcome)
    rollback.save(update_fields=["outcome", "verified_at", "status", "active", "facts"])
    return True
