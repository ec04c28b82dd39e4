"""Whether both paths agree: what the legacy path has stored of a mirrored record, and what became of its copy."""

from collections.abc import Sequence

from rollout.consistency.judging import Judged
from rollout.consistency.outcomes import Outcome
from rollout.consistency.promises import Promise
from streaming.registry import Key
from streaming.rows import Difference, Held, Mirrored

# Where a row is missing instead of a value.
LEGACY_ROW, SHADOW_ROW = "legacy row", "shadow row"


def judge(promises: Sequence[Promise], *, grace_s: float) -> list[Judged]:
    """The class of each of `promises`, which entries of shadows have made, in order: its two rows compared column by
    column. A copy has no dead letter: without a row it is missing.

    What is stored with a record whose copy is missing is left out. Raises django.db.Error.
    """
    keyed = [(promise, promise.key) for promise in promises]
    wanted: dict[str, tuple[Mirrored, set[Key]]] = {}
    for promise, key in keyed:
        own = promise.kind.mirrored
        if own is not None and key is not None:
            wanted.setdefault(promise.kind.name, (own, set()))[1].add(key)
    rows = {name: (own.legacy(sorted(keys)), own.shadow(sorted(keys))) for name, (own, keys) in sorted(wanted.items())}
    judged = []
    for promise, key in keyed:
        legacy, shadow = rows.get(promise.kind.name, ({}, {}))
        found = () if key is None else legacy.get(key, ()), () if key is None else shadow.get(key, ())
        judged.append(_of_rows(promise, *found, grace_s=grace_s))
    gone = {(each.promise.entry.identifier, each.promise.ordinal) for each in judged if lacks_copy(each)}
    return [each for each in judged if (each.promise.entry.identifier, each.promise.part_of) not in gone]


def _of_rows(promise: Promise, legacy: Sequence[Held], shadow: Sequence[Held], *, grace_s: float) -> Judged:
    own = promise.kind.mirrored
    if own is None or not shadow:
        return Judged(promise, Outcome.MISSING, (Difference(SHADOW_ROW, None, None),))
    if not legacy:
        return Judged(promise, Outcome.MISSING, (Difference(LEGACY_ROW, None, None),))
    if len(shadow) > 1 or len(legacy) > 1:
        return Judged(promise, Outcome.DUPLICATE)
    if differing := own.differences(promise.record, legacy[0], shadow[0]):
        return Judged(promise, Outcome.DIFFERENT, differing)
    written = shadow[0].written_s
    is_late = written is not None and written - promise.received_ms / 1000 > grace_s
    return Judged(promise, Outcome.LATE if is_late else Outcome.MATCH)


def lacks_copy(each: Judged) -> bool:
    """Whether what is missing is the shadow row, and not the row of the legacy path."""
    return each.outcome is Outcome.MISSING and any(found.column == SHADOW_ROW for found in each.differences)
