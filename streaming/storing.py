"""Storing records of one kind: one transaction, retried while the world is busy, bisected to the bad record.

The legacy path, the fallback, the consumers, replay and repair all store through here.
"""

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from threading import Event
from typing import TypeVar

from django.db import Error, transaction

from ljwx import failpoints
from streaming import deadletters
from streaming.deadletters import DATABASE, IMPOSSIBLE, UNEXPECTED, UNKNOWN, Burial
from streaming.envelope import Origin
from streaming.failures import Broken, Failure, Unavailable, classify
from streaming.probing import probe
from streaming.registry import Key, Kind, Record, Written, get
from streaming.sifting import sift

log = logging.getLogger(__name__)

T = TypeVar("T")

ATTEMPTS = 5
# After that a transaction is not begun again here: a consumer has to tell that it lives, a device has gone.
LONGEST_S = 2.0
clock: Callable[[], float] = time.monotonic
_pause = Event()

# Told before the COMMIT how many new dead letters that weigh it holds; raises Unavailable to have none of it.
Spend = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Item:
    """A record, when the edge received it (epoch milliseconds), and the route of its entry, if it came in one."""

    record: Record
    received_ms: int
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a batch: rows new, duplicates left alone, dead letters made; `buried` of the batch's own records
    are dead letters now, new or known already. new + duplicates + buried is what was to be stored. `failed`: those of
    the dead letters, known ones too, that are neither the edge's finding nor sent twice by their device. `fresh`: the
    records of the new rows, those carried included."""

    new: int = 0
    duplicates: int = 0
    dead: int = 0
    buried: int = 0
    failed: tuple[Burial, ...] = field(default=(), compare=False)
    fresh: tuple[Record, ...] = field(default=(), compare=False)

    def counts(self) -> "Tally":
        """The numbers alone, for who adds up many."""
        return replace(self, failed=(), fresh=())

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.new + other.new,
            self.duplicates + other.duplicates,
            self.dead + other.dead,
            self.buried + other.buried,
            self.failed + other.failed,
            self.fresh + other.fresh,
        )


def _freely(count: int) -> None:
    """No budget."""


def store(
    kind: Kind,
    items: Sequence[Item],
    burials: Sequence[Burial] = (),
    *,
    spend: Spend = _freely,
    isolated: bool = False,
) -> Tally:
    """Store every record of `items`, or bury it with its reason, and bury `burials`: committed when this returns.

    Guarantee: each record is one row or one dead letter, however often it is stored. A shadow has no dead letters: what
    can not be stored in it is counted and left out, and the check finds it missing. Raises Unavailable or Broken
    when the database can not take the batch; parts of it may then be stored, which makes a second try harmless.
    A fault of the code is raised as it is, unless the records are `isolated`: then the record that meets it is buried,
    when it does so alone and a probe write works.
    """
    if not items and not burials:
        return Tally()
    storing = _Storing(kind, spend, isolated)
    keyed: list[tuple[Key, Item]] = []
    odd: list[Burial] = []
    for item in items:
        try:
            keyed.append((kind.key(item.record), item))
        except (OverflowError, ValueError) as error:
            odd.append(storing.burial(item, f"{IMPOSSIBLE}: {type(error).__name__}"))
        except Exception as error:  # noqa: BLE001 - raised again unless the records are isolated
            reason = storing.reason(error)
            storing.probe(error)
            odd.append(storing.burial(item, reason))
    keyed.sort(key=itemgetter(0))
    return storing.store([item for _, item in keyed], [*burials, *odd])


@dataclass(frozen=True, slots=True)
class _Storing:
    kind: Kind
    spend: Spend
    isolated: bool

    def store(self, items: Sequence[Item], burials: Sequence[Burial]) -> Tally:
        try:
            return self._attempt(items, burials)
        except Exception as error:  # noqa: BLE001 - raised again unless a record may be to blame
            reason, fault = self.reason(error), error
        if len(items) > 1:
            half = len(items) // 2
            first = self.store(items[:half], burials)
            failpoints.reach("consumer.bisecting")
            return first + self.store(items[half:], ())
        if not items:
            raise Broken(f"dead letters can not be written: {_plain(fault)}") from fault
        if classify(fault) is not Failure.RECORD:
            self.probe(fault)
        return self._without(items[0], reason, burials)

    def _without(self, item: Item, reason: str, burials: Sequence[Burial]) -> Tally:
        """Store `item`, which was refused for `reason`, without what is refused of it: what it carries, or all."""
        sifted = sift(self.kind, item.record, refusal=self.refusal)
        if sifted is not None and not sifted.refused:
            try:
                return self._attempt([item], burials)
            except Exception as error:  # noqa: BLE001 - raised again unless the record may be to blame
                reason, sifted = self.reason(error), None
        if sifted is None or self.kind.carried is None:
            log.warning("%s record can not be stored: %s", self.kind.name, reason)
            return self.store((), [*burials, self.burial(item, reason)])
        inner = get(self.kind.carried.kind)
        log.warning("%d %s in a %s record can not be stored", len(sifted.refused), inner.name, self.kind.name)
        letters = [
            deadletters.of_record(inner, record, why, received_ms=item.received_ms, carried=True)
            for record, why in sifted.refused
        ]
        return self.store([Item(sifted.record, item.received_ms)], [*burials, *letters])

    def refusal(self, record: Record) -> str:
        """Why `record` can not be written, empty when it can; it is not. Raises as `reason` and `probe` do."""

        def rehearse() -> None:
            self.kind.write([record])
            transaction.set_rollback(True)

        try:
            _persist(rehearse)
        except Exception as error:  # noqa: BLE001 - raised again unless a record may be to blame
            reason = self.reason(error)
            if classify(error) is not Failure.RECORD:
                self.probe(error)
            return reason
        return ""

    def reason(self, error: Exception) -> str:
        """What a record that meets `error` alone is buried with. Raises when no record can be to blame for it."""
        failure = classify(error)
        if failure is Failure.RECORD:
            return f"{DATABASE}: {_plain(error)}"
        if isinstance(error, Error):
            if failure is Failure.UNKNOWN:
                return f"{UNKNOWN}: {_plain(error)}"
            raise (Unavailable if failure is Failure.RETRY else Broken)(_plain(error)) from error
        if self.isolated and not isinstance(error, (Unavailable, OSError, MemoryError)):
            return f"{UNEXPECTED}: {type(error).__name__}"
        raise error

    def probe(self, fault: Exception) -> None:
        """Returns when a record that is surely good can be written. Raises otherwise: then the world is to blame."""
        try:
            probe(self.kind)
        except Exception as error:
            if isinstance(fault, Error):
                raise Broken(f"{_plain(fault)}, and a probe write fails: {_plain(error)}") from fault
            raise fault from error

    def burial(self, item: Item, reason: str) -> Burial:
        return deadletters.of_record(self.kind, item.record, reason, received_ms=item.received_ms, origin=item.origin)

    def _attempt(self, items: Sequence[Item], burials: Sequence[Burial]) -> Tally:
        return _persist(lambda: self._write(items, burials))

    def _write(self, items: Sequence[Item], burials: Sequence[Burial]) -> Tally:
        written = self.kind.write([item.record for item in items]) if items else Written()
        received = max((item.received_ms for item in items), default=0)
        conflicts = [
            deadletters.of_record(get(name), record, deadletters.CONFLICT, received_ms=received)
            for name, record in written.conflicts
        ]
        dead = self._bury([*(burial for burial in burials if not burial.weighs), *conflicts])
        failed = tuple([burial for burial in burials if burial.weighs])
        if heavy := self._bury(failed):
            self.spend(heavy)
        # A reading inside an event is a letter of its own, and no record of this batch.
        own = sum(name == self.kind.origin for name, _ in written.conflicts)
        own += sum(not burial.carried for burial in burials)
        return Tally(written.new, written.duplicates, dead + heavy, own, failed, tuple(written.fresh))

    def _bury(self, burials: Sequence[Burial]) -> int:
        return len(burials) if self.kind.shadow_of else deadletters.bury(burials)


def _persist(work: Callable[[], T]) -> T:
    """`work` in a transaction of its own, again while the world is busy and answers. Raises the last error."""
    began = clock()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return work()
        except Error as error:
            given_up = attempt == ATTEMPTS or clock() - began > LONGEST_S
            if classify(error) is not Failure.RETRY or given_up or transaction.get_connection().in_atomic_block:
                raise
            transaction.get_connection().close_if_unusable_or_obsolete()
            _pause.wait(random.uniform(0.005, 0.02) * 2**attempt)
    raise AssertionError("unreachable")


def _plain(error: Exception) -> str:
    # The number and class only: a driver's message may quote health values.
    number = error.args[0] if isinstance(error, Error) and error.args and isinstance(error.args[0], int) else ""
    return f"{type(error).__name__} {number}".strip()
