"""What became of each record of an entry: the checker's own judgement, with the times of the row or the dead letter."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from rollout.consistency import mirrored
from rollout.consistency.judging import Judged, judge
from rollout.consistency.outcomes import Outcome
from rollout.consistency.promises import Promise
from rollout.guardrails.numbers import SKEW_S
from rollout.tracing.standing import State
from streaming.models import DeadLetter
from streaming.registry import Key
from streaming.rows import Held


class Became(enum.StrEnum):
    """STORED: its row is there. KNOWN: it was there before the record came. DEAD: a dead letter has it. DIFFERENT: the
    row of its key has other values. DUPLICATE: its key has more than one row. WAITING: a consumer has yet to store it.
    MISSING: neither row nor dead letter, though its entry is done.

    Of a mirrored copy, which the legacy path has stored before: STORED: its shadow row is there and equal to the row.
    DIFFERENT: these two differ. MISSING: there is no shadow row, though its entry is done. ALONE: there is no row."""

    STORED = "stored"
    KNOWN = "known"
    DEAD = "dead"
    DIFFERENT = "different"
    DUPLICATE = "duplicate"
    WAITING = "waiting"
    MISSING = "missing"
    ALONE = "alone"


_PLAIN = {
    Outcome.DEAD: Became.DEAD,
    Outcome.DIFFERENT: Became.DIFFERENT,
    Outcome.DUPLICATE: Became.DUPLICATE,
}


@dataclass(frozen=True, slots=True)
class Fate:
    """One record. `time_s`: its own time; `written_s`: when its row was first written; both in seconds since 1970, None
    when there is none. `values`: what it holds, which is health data."""

    kind: str
    time_s: int | None
    became: Became
    written_s: int | None
    letter: DeadLetter | None
    values: Mapping[str, Any]


def of(promises: Sequence[Promise], *, states: Mapping[bytes, State]) -> dict[bytes, list[Fate]]:
    """The fates of `promises`, all of one stream, by the id of their entries, whose `states` are given. Raises
    django.db.Error."""
    if promises and promises[0].kind.shadow_of:
        return _of_copies(promises, states)
    judged = judge(promises, grace_s=settings.CHECK_GRACE_S)
    rows, letters = _rows(judged), _letters(judged)
    found: dict[bytes, list[Fate]] = {}
    for each in judged:
        promise = each.promise
        held = rows.get((promise.kind.name, promise.key or ()), ())
        letter = letters.get(promise.letter.digest) or letters.get(promise.entry.whole().digest)
        fate = _fate(each, held, letter, states[promise.entry.identifier])
        found.setdefault(promise.entry.identifier, []).append(fate)
    return found


def _of_copies(promises: Sequence[Promise], states: Mapping[bytes, State]) -> dict[bytes, list[Fate]]:
    judged = mirrored.judge(promises, grace_s=settings.CHECK_GRACE_S)
    shadows = _shadow_rows(judged)
    found: dict[bytes, list[Fate]] = {}
    for each in judged:
        promise = each.promise
        rows, key = promise.kind.rows, promise.key
        fate = Fate(
            kind=promise.kind.origin,
            time_s=rows.time(key) if rows and key else None,
            became=_became_of_copy(each, states[promise.entry.identifier]),
            written_s=_written(shadows.get((promise.kind.name, key or ()), ())),
            letter=None,
            values=_values(promise),
        )
        found.setdefault(promise.entry.identifier, []).append(fate)
    return found


def _became_of_copy(judged: Judged, state: State) -> Became:
    if judged.outcome is Outcome.MISSING:
        if not mirrored.lacks_copy(judged):
            return Became.ALONE
        return Became.MISSING if state is State.ACKNOWLEDGED else Became.WAITING
    return _PLAIN.get(judged.outcome, Became.STORED)


def _shadow_rows(judged: Sequence[Judged]) -> dict[tuple[str, Key], Sequence[Held]]:
    found: dict[tuple[str, Key], Sequence[Held]] = {}
    for kind in {each.promise.kind.name: each.promise.kind for each in judged}.values():
        keys = {key for each in judged if each.promise.kind is kind and (key := each.promise.key) is not None}
        if kind.mirrored is not None:
            found |= {(kind.name, key): held for key, held in kind.mirrored.shadow(sorted(keys)).items()}
    return found


def _written(held: Sequence[Held]) -> int | None:
    return min((row.written_s for row in held if row.written_s is not None), default=None)


def _values(promise: Promise) -> Mapping[str, Any]:
    rows = promise.kind.rows
    return dict(zip(rows.columns, rows.values(promise.record), strict=True)) if rows and promise.record else {}


def _fate(judged: Judged, held: Sequence[Held], letter: DeadLetter | None, state: State) -> Fate:
    promise = judged.promise
    rows, key = promise.kind.rows, promise.key
    written = _written(held)
    became = _PLAIN.get(judged.outcome)
    if became is None and judged.outcome is Outcome.MISSING:
        became = Became.MISSING if state is State.ACKNOWLEDGED else Became.WAITING
    elif became is None:
        before = written is not None and written < promise.received_ms / 1000 - SKEW_S
        became = Became.KNOWN if before else Became.STORED
    return Fate(
        kind=promise.kind.name if promise.burial is None else promise.burial.kind,
        time_s=rows.time(key) if rows and key else None,
        became=became,
        written_s=written,
        letter=letter if became is Became.DEAD else None,
        values=_values(promise),
    )


def _rows(judged: Sequence[Judged]) -> dict[tuple[str, Key], Sequence[Held]]:
    kinds = {each.promise.kind.name: each.promise.kind for each in judged}
    found: dict[tuple[str, Key], Sequence[Held]] = {}
    for name, kind in kinds.items():
        keys = {key for each in judged if each.promise.kind is kind and (key := each.promise.key) is not None}
        if kind.rows is not None:
            found |= {(name, key): held for key, held in kind.rows.fetch(sorted(keys)).items()}
    return found


def _letters(judged: Sequence[Judged]) -> dict[str, DeadLetter]:
    dead = [each.promise for each in judged if each.outcome is Outcome.DEAD]
    digests = {digest for each in dead for digest in (each.letter.digest, each.entry.whole().digest)}
    rows = DeadLetter.objects.filter(digest__in=digests).defer("payload")
    return {row.digest: row for row in rows}
