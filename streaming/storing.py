"""Storing records of one kind: one transaction, retried while the world is busy, bisected to the bad record.

The legacy path, the fallback, the consumers, replay and repair all store through here.
"""

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from threading import Event

from django.db import Error, transaction

from streaming import deadletters
from streaming.deadletters import Burial
from streaming.failures import Broken, Failure, Unavailable, classify
from streaming.registry import Key, Kind, Record, Written, get

log = logging.getLogger(__name__)

ATTEMPTS = 5
_pause = Event()


@dataclass(frozen=True, slots=True)
class Item:
    """A record and when the edge received it (epoch milliseconds)."""

    record: Record
    received_ms: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a batch: rows new, duplicates left alone, records buried (new dead letters only)."""

    new: int = 0
    duplicates: int = 0
    dead: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.new + other.new, self.duplicates + other.duplicates, self.dead + other.dead)


def store(kind: Kind, items: Sequence[Item], burials: Sequence[Burial] = ()) -> Tally:
    """Store every record of `items`, or bury it with its reason, and bury `burials`: committed when this returns.

    Guarantee: each record is one row or one dead letter, however often it is stored. Raises Unavailable or Broken
    when the database can not take the batch; parts of it may then be stored, which makes a second try harmless.
    """
    if not items and not burials:
        return Tally()
    keyed: list[tuple[Key, Item]] = []
    odd: list[Burial] = []
    for item in items:
        try:
            keyed.append((kind.key(item.record), item))
        except (OverflowError, ValueError) as error:
            reason = f"impossible: {type(error).__name__}"
            odd.append(deadletters.of_record(kind, item.record, reason, received_ms=item.received_ms))
    keyed.sort(key=itemgetter(0))
    return _store(kind, [item for _, item in keyed], [*burials, *odd])


def _store(kind: Kind, items: Sequence[Item], burials: Sequence[Burial]) -> Tally:
    try:
        return _attempt(kind, items, burials)
    except (Error, ValueError, OverflowError) as error:
        failure = classify(error)
        if failure is not Failure.RECORD:
            broken = Unavailable if failure is Failure.RETRY else Broken
            raise broken(_plain(error)) from error
        if len(items) > 1:
            half = len(items) // 2
            return _store(kind, items[:half], burials) + _store(kind, items[half:], ())
        if not items:
            raise Broken(f"dead letters can not be written: {_plain(error)}") from error
        log.warning("%s record can not be stored: %s", kind.name, type(error).__name__)
        buried = deadletters.of_record(
            kind, items[0].record, f"database: {_plain(error)}", received_ms=items[0].received_ms
        )
        return _store(kind, (), [*burials, buried])


def _attempt(kind: Kind, items: Sequence[Item], burials: Sequence[Burial]) -> Tally:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return _write(kind, items, burials)
        except Error as error:
            busy = classify(error) is Failure.RETRY
            if not busy or attempt == ATTEMPTS or transaction.get_connection().in_atomic_block:
                raise
            transaction.get_connection().close_if_unusable_or_obsolete()
            _pause.wait(random.uniform(0.005, 0.02) * 2**attempt)
    raise AssertionError("unreachable")


def _write(kind: Kind, items: Sequence[Item], burials: Sequence[Burial]) -> Tally:
    written = kind.write([item.record for item in items]) if items else Written()
    received = max((item.received_ms for item in items), default=0)
    dead = deadletters.bury(
        [
            *burials,
            *(
                deadletters.of_record(get(name), record, deadletters.CONFLICT, received_ms=received)
                for name, record in written.conflicts
            ),
        ]
    )
    return Tally(written.new, written.duplicates, dead)


def _plain(error: Exception) -> str:
    # The number and class only: a driver's message may quote health values.
    number = error.args[0] if error.args and isinstance(error.args[0], int) else ""
    return f"{type(error).__name__} {number}".strip()
