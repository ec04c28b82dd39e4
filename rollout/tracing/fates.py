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
    copies = bool(promises and promises[0].kind.shadow_of)
    judged = (mirrored.judge if copies else judge)(promises, grace_s=settings.CHECK_GRACE_S)
    rows, letters = _rows(judged), _letters(judged)
    found: dict[bytes, list[Fate]] = {}
    for each in judged:
        promise = each.promise
        held = rows.get((promise.kind.name, promise.key or ()), ())
        letter = letters.get(promise.letter.digest) or letters.get(promise.entry.whole().digest)
        fate = _fate(each, held, letter, states[promise.entry.identifier])
        found.setdefault(promise.entry.identifier, []).append(fate)
    return found


def _fate(judged: Judged, held: Sequence[Held], letter: DeadLetter | None, state: State) -> Fate:
    promise = judged.promise
    rows, key = promise.kind.rows, promise.key
    written = min((row.written_s for row in held if row.written_s is not None), default=None)
    values = dict(zip(rows.columns, rows.values(promise.record), strict=True)) if rows and promise.record else {}
    became = _became(judged, state, written)
    return Fate(
        kind=promise.kind.origin if promise.burial is None else promise.burial.kind,
        time_s=rows.time(key) if rows and key else None,
        became=became,
        written_s=written,
        letter=letter if became is Became.DEAD else None,
        values=values,
    )


def _became(judged: Judged, state: State, written: int | None) -> Became:
    if (plain := _PLAIN.get(judged.outcome)) is not None:
        return plain
    is_copy = bool(judged.promise.kind.shadow_of)
    if judged.outcome is Outcome.MISSING:
        if is_copy and not mirrored.lacks_copy(judged):
            return Became.ALONE
        return Became.MISSING if state is State.ACKNOWLEDGED else Became.WAITING
    before = not is_copy and written is not None and written < judged.promise.received_ms / 1000 - SKEW_S
    return Became.KNOWN if before else Became.STORED


def _rows(judged: Sequence[Judged]) -> dict[tuple[str, Key], Sequence[Held]]:
    """The rows under the keys of what was judged; of copies, those of the shadow tables."""
    found: dict[tuple[str, Key], Sequence[Held]] = {}
    for name, kind in {each.promise.kind.name: each.promise.kind for each in judged}.items():
        keys = sorted({key for each in judged if each.promise.kind is kind and (key := each.promise.key) is not None})
        if kind.shadow_of and kind.mirrored is not None:
            found |= {(name, key): held for key, held in kind.mirrored.shadow(keys).items()}
        elif kind.rows is not None:
            found |= {(name, key): held for key, held in kind.rows.fetch(keys).items()}
    return found


def _letters(judged: Sequence[Judged]) -> dict[str, DeadLetter]:
    dead = [each.promise for each in judged if each.outcome is Outcome.DEAD]
    digests = {digest for each in dead for digest in (each.letter.digest, each.entry.whole().digest)}
    rows = DeadLetter.objects.filter(digest__in=digests).defer("payload")
    return {row.digest: row for row in rows}
