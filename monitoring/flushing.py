"""A process writes what it was told: the ledger, the evidence and its own report, in one transaction a second.

One for all three, for a commit of SQLite waits for the disk.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.db import Error, transaction

from ljwx.background import Refreshed
from monitoring import clocks, hosts, ledger, processes, tallies

log = logging.getLogger(__name__)
clock: Callable[[], float] = time.monotonic

EVERY_S = 1.0
# How long the end of a process waits for a flush under way.
PATIENCE_S = 2.0

processes.describe(hosts.FACT, hosts.Meter().share)
processes.describe(clocks.FACT, time.time)

_under_way = threading.Lock()
_tried_at: float | None = None
_failing = False


def tend() -> None:
    """`flush` once a second, for a loop that calls it at least as often. A database that does not take it is logged
    once until it does; what was told waits for it. Never fails."""
    global _tried_at, _failing
    if _tried_at is not None and clock() - _tried_at < EVERY_S:
        return
    _tried_at = clock()
    try:
        flush()
    except Error as error:
        if not _failing:
            log.warning("what was told can not be written and waits: %s", type(error).__name__)
        _failing = True
    else:
        if _failing:
            log.warning("what was told is written again")
        _failing = False


def flush() -> None:
    """Write everything that was told, unless that is under way. Raises django.db.Error; nothing is forgotten then."""
    if _under_way.acquire(blocking=False):
        try:
            _write()
        finally:
            _under_way.release()


def _write() -> None:
    facts = processes.facts()
    with ledger.taken() as counts, tallies.taken() as batches:
        if not (counts or batches or facts):
            return
        with transaction.atomic():
            if facts:
                processes.write(facts)
            ledger.write(counts)
            # Last, for a row says when it was written, and readers take a second for complete soon after.
            if batches:
                tallies.write(batches)
            # A COMMIT whose reply is lost may have taken place: a promise that is counted twice would invent a loss.
            counts.clear()


def finish() -> None:
    """The orderly end of a process: write what is left, and report it no more. Never fails."""
    if not _under_way.acquire(timeout=PATIENCE_S):
        log.warning("what was told in the last second is lost: the database does not answer")
        return
    try:
        _write()
        processes.withdraw()
    except Error as error:
        log.warning("what was told in the last second is lost: %s", type(error).__name__)
    finally:
        _under_way.release()


# In a web process its background thread does so, in a consumer its loop, between two batches.
flushed: Refreshed[None] = Refreshed("what was told", tend, initial=None, errors=())
