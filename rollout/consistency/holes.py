"""Stretches of a stream that nobody can verify any more, because entries of them may be gone."""

from dataclasses import dataclass

from rollout.consistency.ids import Id
from rollout.consistency.looking import Look

RENEWED, DELETED, TRIMMED = "renewed", "deleted", "trimmed"


@dataclass(frozen=True, slots=True)
class Hole:
    """What lies after `since` and before `until`, and why nobody knows it: the stream began anew, entries of it were
    deleted, or it was trimmed before it was judged. A check goes on after `through`."""

    since: Id
    until: Id
    reason: str
    through: Id


def find(look: Look, *, cursor: Id, seen: Id, added: int | None, bound: Id) -> Hole | None:
    """The hole that begins at `cursor`, if there is one. `seen`, `added`: the newest entry and the count of an earlier
    look, by which a stream shows that is not the same.

    Trimming takes the oldest. So nothing is gone while an entry at or before `cursor` is kept, or nothing was trimmed
    since `cursor`, or nothing was ever removed.
    """
    if look.last < seen or (added is not None and look.added is not None and look.added < added):
        until = max(look.first or bound, cursor)
        return Hole(cursor, until, RENEWED, max(until.before(), cursor))
    if look.deleted > cursor:
        return Hole(cursor, look.deleted.after(), DELETED, look.deleted)
    reached = look.first is not None and look.first.before() <= cursor
    never_removed = look.added is not None and look.length == look.added
    if reached or never_removed or look.last <= cursor or cursor >= look.kept_since:
        return None
    # What is younger was not trimmed: up to the oldest that is kept there was nothing.
    gone, through = (look.first, look.first.before()) if look.first else (look.last.after(), look.last)
    return Hole(cursor, min(gone, look.kept_since), TRIMMED, through)
