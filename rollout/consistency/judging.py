"""Whether promises are kept: the rows and the dead letters of many at once, compared by the writers' own rule."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rollout.consistency.outcomes import AGREE, Outcome
from rollout.consistency.promises import Promise
from streaming.models import DeadLetter
from streaming.registry import Key, Kind
from streaming.rows import Difference, Held, Rows

Place = tuple[bytes, int]


@dataclass(frozen=True, slots=True)
class Judged:
    """A promise and its class. `beside`: where a row with the values of a missing record stands instead."""

    promise: Promise
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    beside: Key | None = None


def judge(promises: Sequence[Promise], *, grace_s: float) -> list[Judged]:
    """The class of each of `promises`, in order; it depends on nothing but its entry, the tables and the dead letters.

    What is stored with a record that is dead or missing itself is left out: it has no life of its own. Raises
    django.db.Error.
    """
    judged = _by_row(promises, grace_s=grace_s)
    judged = _by_letter(judged)
    judged = _present(judged)
    gone = {
        _place(each.promise) for each in judged if each.outcome in (Outcome.DEAD, Outcome.MISSING)
    }  # fmt: skip
    kept = [
        each
        for each in judged
        if each.promise.part_of is None or (each.promise.entry.identifier, each.promise.part_of) not in gone
    ]
    return _shifted(kept)


def _place(promise: Promise) -> Place:
    return promise.entry.identifier, promise.ordinal


def _by_row(promises: Sequence[Promise], *, grace_s: float) -> list[Judged]:
    keyed = [(promise, promise.key) for promise in promises]
    wanted: dict[str, set[Key]] = {}
    for promise, key in keyed:
        if key is not None:
            wanted.setdefault(promise.kind.name, set()).add(key)
    rows = {promise.kind.name: promise.kind.rows for promise, _ in keyed}
    held = {name: rows_of.fetch(sorted(wanted[name])) for name in wanted if (rows_of := rows[name])}
    return [_of_rows(promise, held[promise.kind.name].get(key, ()) if key else (), grace_s) for promise, key in keyed]


def _of_rows(promise: Promise, rows: Sequence[Held], grace_s: float) -> Judged:
    own = promise.kind.rows
    if own is None or not rows:
        return Judged(promise, Outcome.MISSING)
    equal = [row for row in rows if own.same(promise.record, row.values)]
    if not equal:
        return Judged(promise, Outcome.DIFFERENT, own.differences(promise.record, rows[0]))
    if len(rows) > 1:
        return Judged(promise, Outcome.DUPLICATE)
    written = equal[0].written_s
    is_late = written is not None and written - promise.received_ms / 1000 > grace_s
    return Judged(promise, Outcome.LATE if is_late else Outcome.MATCH)


def _by_letter(judged: Sequence[Judged]) -> list[Judged]:
    """Those without a row of their own that a dead letter has, alone or with its whole entry."""
    doubtful = [each for each in judged if each.outcome in (Outcome.MISSING, Outcome.DIFFERENT)]
    own = {_place(each.promise): each.promise.letter.digest for each in doubtful}
    whole = {each.promise.entry.identifier: each.promise.entry.whole().digest for each in doubtful}
    states = dict(DeadLetter.objects.filter(digest__in={*own.values(), *whole.values()}).values_list("digest", "state"))

    def dead(each: Judged) -> bool:
        digests = own.get(_place(each.promise)), whole.get(each.promise.entry.identifier)
        found = [states[digest] for digest in digests if digest in states]
        # A replayed letter says that there is a row.
        return any(each.promise.record is None or state != DeadLetter.State.REPLAYED for state in found)

    return [
        replace(each, outcome=Outcome.DEAD, differences=()) if _place(each.promise) in own and dead(each) else each
        for each in judged
    ]


def _present(judged: Sequence[Judged]) -> list[Judged]:
    """Those that are stored while a row that keeps the newest (of the device, its day, its week) is not as they say."""
    stale: dict[tuple[str, Key], tuple[Difference, ...]] = {}
    for kind, records in _by_kind(judged):
        if kind.rows is not None and kind.rows.current is not None:
            found = kind.rows.current([each.promise.record for each in records])
            stale |= {(kind.name, key): tuple(differences) for key, differences in found.items()}
    if not stale:
        return list(judged)
    return [
        replace(each, outcome=Outcome.DIFFERENT, differences=stale[name])
        if each.outcome in AGREE and (name := (each.promise.kind.name, each.promise.key or ())) in stale
        else each
        for each in judged
    ]


def _by_kind(judged: Iterable[Judged]) -> list[tuple[Kind, list[Judged]]]:
    found: dict[str, tuple[Kind, list[Judged]]] = {}
    for each in judged:
        if each.outcome in AGREE:
            found.setdefault(each.promise.kind.name, (each.promise.kind, []))[1].append(each)
    return list(found.values())


def _shifted(judged: Sequence[Judged]) -> list[Judged]:
    """Where the rows of missing records stand, if they were stored under a mistaken time."""
    lost = [
        (place, each, each.promise.kind.rows)
        for place, each in enumerate(judged)
        if each.outcome is Outcome.MISSING and each.promise.record is not None and each.promise.kind.rows is not None
    ]
    found = list(judged)
    keys: dict[str, tuple[Rows, set[Key]]] = {}
    for _, each, rows in lost:
        if rows is not None:
            keys.setdefault(each.promise.kind.name, (rows, set()))[1].update(rows.beside(each.promise.record))
    held = {name: rows.fetch(sorted(wanted)) for name, (rows, wanted) in keys.items()}
    for place, each, rows in lost:
        if rows is not None:
            at = held[each.promise.kind.name]
            beside = (
                key
                for key in rows.beside(each.promise.record)
                if any(rows.same(each.promise.record, row.values) for row in at.get(key, ()))
            )
            found[place] = replace(each, beside=next(beside, None))
    return found
