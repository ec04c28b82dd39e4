"""Stretches of a stream that nobody can verify any more, because entries of them may be gone."""

from dataclasses import dataclass

from rollout.consistency.ids import Id
from rollout.consistency.looking import Look

RENEWED, DELETED, TRIMMED = "renewed", "deleted", "trimmed"


@dataclass(frozen=True, slots=True)
class Hole:
    """What lies after `since` and before `until`, and why nobody knows it: the stream began anew, entries of it were
    deleted, or it was older than the retention before it was judged."""

    since: Id
    until: Id
    reason: str


def find(
    look: Look, *, cursor: Id, seen: Id, added: int | None, bound: Id, now_ms: int, retention_s: float
) -> Hole | None:
    """The hole that begins at `cursor`, if there is one. `seen`, `added`: the newest entry and the count of an earlier
    look, by which a stream shows that is not the same.

    Trimming takes the oldest, and none within the retention. So nothing is gone while an entry at or before `cursor`
    is kept, or `cursor` is within the retention, or nothing was ever removed.
    """
    if look.last < seen or (added is not None and look.added is not None and look.added < added):
        return Hole(cursor, max(look.first or bound, cursor), RENEWED)
    if look.deleted > cursor:
        return Hole(cursor, look.deleted.after(), DELETED)
    kept_since = Id(max(0, now_ms - round(retention_s * 1000)))
    reached = look.first is not None and look.first <= cursor
    never_removed = look.added is not None and look.length == look.added
    if reached or never_removed or look.last <= cursor or cursor >= kept_since:
        return None
    return Hole(cursor, min(look.first or kept_since, kept_since), TRIMMED)
