"""Storing dead letters after all: when a rule, a reader or the database has been mended."""

import enum
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from django.db import Error, transaction

from streaming import deadletters, envelope, registry
from streaming.deadletters import Burial
from streaming.failures import Broken, Failure, Unavailable, classify
from streaming.models import DeadLetter
from streaming.registry import Kind
from streaming.settling import Letters, Told, in_chunks, settle
from streaming.storing import ATTEMPTS, Item, Tally, store

T = TypeVar("T")

CHUNK = 50
_pause = threading.Event()


class Outcome(enum.Enum):
    """What a replay of one letter did. DEAD: it can still not be stored, and stays open. ELSEWHERE: somebody else
    settled it meanwhile."""

    NEW = "new"
    DUPLICATE = "duplicate"
    DEAD = "dead"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Replayed:
    """One letter's outcome; `reason` says why it is still dead."""

    letter: int
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a letter: records to store, and what must be buried on its own."""

    items: Sequence[Item]
    burials: Sequence[Burial] = ()


class _Undo(Exception):
    """Raised to roll back one letter's transaction, with what is to be said of it."""

    def __init__(self, outcome: Outcome, reason: str = "") -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


def replay(
    letters: Letters,
    *,
    actor: str,
    reason: str = "",
    dry_run: bool = False,
    told: Told | None = None,
    judged_ms: int | None = None,
) -> Iterator[Replayed]:
    """Store the open ones of `letters`, oldest first, one result each; the caller may stop between any two.

    Guarantee: a letter becomes *replayed* in the transaction that stores its records, so a crash leaves either both
    or none. One that can still not be stored changes nothing: it stays open and no second letter arises. With
    `dry_run` every transaction is rolled back. `judged_ms`: the moment (epoch milliseconds) after which times are in
    the future, instead of that of receipt. Raises Unavailable or Broken when the database can not take it.
    """
    for chunk in in_chunks(letters, CHUNK):
        for letter in chunk:
            yield _one(letter, actor=actor, why=reason, dry_run=dry_run, told=told, judged_ms=judged_ms)


def _one(
    letter: DeadLetter, *, actor: str, why: str, dry_run: bool, told: Told | None, judged_ms: int | None
) -> Replayed:
    try:
        kind = registry.get(letter.kind)
        content = open_letter(kind, letter, judged_ms=judged_ms)
    except (envelope.Undecodable, msgspec.MsgspecError) as error:
        return Replayed(letter.pk, Outcome.DEAD, f"{deadletters.UNDECODABLE}: {error}")
    except (LookupError, ValueError) as error:
        return Replayed(letter.pk, Outcome.DEAD, str(error))

    def attempt() -> Tally:
        with transaction.atomic():
            tally = _store(kind, letter, content)
            by = {"actor": actor, "reason": why}
            if not settle([letter], state=DeadLetter.State.REPLAYED, told=None if dry_run else told, **by):
                raise _Undo(Outcome.ELSEWHERE)
            if dry_run:
                transaction.set_rollback(True)
            return tally

    try:
        tally = _persist(attempt)
    except _Undo as undo:
        return Replayed(letter.pk, undo.outcome, undo.reason)
    return Replayed(letter.pk, Outcome.NEW if tally.new else Outcome.DUPLICATE)


def open_letter(kind: Kind, letter: DeadLetter, *, judged_ms: int | None = None) -> Content:
    """What `letter` holds by today's rules; `judged_ms` as in `replay`. Raises ValueError or msgspec.MsgspecError when
    that is still nothing."""
    payload, received_ms = bytes(letter.payload), round(letter.received_at.timestamp() * 1000)
    if letter.form == DeadLetter.Form.RECORD:
        return Content([Item(deadletters.record(kind, payload), received_ms)])
    if letter.form == DeadLetter.Form.ENTRY:
        found = envelope.decode(payload, record=kind.record, kind=kind.name)
        return Content(
            [Item(record, found.received_ms) for record in found.records],
            [deadletters.of_reject(reject, received_ms=found.received_ms) for reject in found.rejects],
        )
    if kind.reread is None:
        raise ValueError(f"{kind.name} can not be read again")
    reread = kind.reread(payload, received_ms if judged_ms is None else judged_ms)
    return Content(
        [Item(record, received_ms) for record in reread.records],
        [deadletters.of_reject(reject, received_ms=received_ms) for reject in reread.rejects],
    )


def _store(kind: Kind, letter: DeadLetter, content: Content) -> Tally:
    tally = store(kind, content.items, content.burials)
    # `store` buries what it can not store. Records of an entry get letters of their own so; a letter that is one
    # record must not get a second one, in whichever words its record is written now.
    if letter.form != DeadLetter.Form.ENTRY and tally.new + tally.duplicates < len(content.items):
        raise _Undo(Outcome.DEAD, _newest_reason(kind, content) if tally.dead else letter.reason)
    return tally


def _newest_reason(kind: Kind, content: Content) -> str:
    devices = {kind.device(item.record)[:64] for item in content.items}
    letters = DeadLetter.objects.filter(device_sn__in=devices).order_by("-pk")
    return letters.values_list("reason", flat=True).first() or ""


def _persist(attempt: Callable[[], T]) -> T:
    """`attempt`, again while the world is busy. Inside the letter's transaction `store` can not try again itself."""
    for tries in range(1, ATTEMPTS + 1):
        try:
            return attempt()
        except Broken:
            raise
        except (Error, Unavailable) as error:
            unavailable = _unavailable(error)
            if isinstance(unavailable, Broken) or tries == ATTEMPTS or transaction.get_connection().in_atomic_block:
                raise unavailable from error
            if not transaction.get_connection().is_usable():
                transaction.get_connection().close()
            _pause.wait(random.uniform(0.005, 0.02) * 2**tries)
    raise AssertionError("unreachable")


def _unavailable(error: Exception) -> Unavailable:
    if isinstance(error, Unavailable):
        return error
    kind = Unavailable if classify(error) is Failure.RETRY else Broken
    return kind(f"{type(error).__name__}: {error}")
