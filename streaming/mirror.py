"""The mirror: what the legacy path has stored is appended once more to a shadow stream, beside every answer.

The device has its answer already. Whatever happens here can not fail or delay an upload: a copy that finds the queue
full, Redis unsafe, nearly full or silent is dropped, and counted.
"""

import asyncio
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from monitoring import tallies
from streaming import breaker, registry, safety
from streaming.envelope import MOST_RECORDS, VERSION, Envelope, encode
from streaming.groupcommit import GroupCommit
from streaming.producer import Entry, NotAppended, append
from streaming.registry import Kind, Record

log = logging.getLogger(__name__)
clock: Callable[[], float] = time.monotonic

QUEUE_MOST = 1_000
# Copies in one append: an upload that takes the stream waits behind no more than these.
ROUND_MOST = 50


@dataclass(frozen=True, slots=True)
class Copy:
    """Records of one upload, kind and device that are new rows of the legacy path. `epoch`: their route's;
    `received_ms`: epoch milliseconds at the edge; `stored_at`: when they were committed, by `clock`."""

    kind: str
    epoch: int
    received_ms: int
    records: Sequence[Record]
    stored_at: float = field(default_factory=lambda: clock())

    def entries(self) -> list[Entry]:
        """Entries for the stream of the shadow, of at most 100 records each; none when the kind has no shadow."""
        shadow = registry.shadow(self.kind)
        return [] if shadow is None else [*_entries(shadow, self)]

    def appended(self) -> None:
        """Tell that it is in the stream now."""
        seconds = clock() - self.stored_at
        tallies.upload(tallies.SHADOW, self.kind, self.epoch, seconds=seconds, accepted=len(self.records))

    def dropped(self) -> None:
        """Tell that it is not, or that nobody knows."""
        tallies.failed(tallies.SHADOW, self.kind, self.epoch, tallies.DROPPED, records=len(self.records))


def _entries(shadow: Kind, copy: Copy) -> Iterable[Entry]:
    for start in range(0, len(copy.records), MOST_RECORDS):
        part = list(copy.records[start : start + MOST_RECORDS])
        # The kind in the envelope is the shadow's: in another stream no consumer could take it for a record.
        envelope = Envelope(VERSION, shadow.name, copy.received_ms, tallies.SHADOW, copy.epoch, part)
        yield Entry(shadow.stream, encode(envelope))


def fresh(kind: Kind, records: Sequence[Record], new: Iterable[Record]) -> list[Record]:
    """Those of `records` that are among the `new` rows, each with as much of what it carries as is new too.

    A row has one record that made it, and so has its shadow: whatever else has the same natural key, before the mirror
    began or in another process, is no difference between the two paths.
    """
    known = {id(record) for record in new}
    found = [record for record in records if id(record) in known]
    carried = kind.carried
    if carried is None:
        return found
    return [
        record
        if all(id(each) in known for each in carried.of(record))
        else carried.keep(record, [each for each in carried.of(record) if id(each) in known])
        for record in found
    ]


class Mirror(Protocol):
    """Takes copies. Guarantee: `publish` neither raises nor waits."""

    def publish(self, copies: Sequence[Copy]) -> None: ...


class LoopMirror:
    """The mirror of an event loop: copies join the group commit, a bounded number at a time."""

    def __init__(self, group: GroupCommit) -> None:
        self._group = group
        self._queue: deque[Copy] = deque()
        self._task: asyncio.Task[None] | None = None

    def publish(self, copies: Sequence[Copy]) -> None:
        """Have `copies` appended, after the answer."""
        if not _take(self._queue, copies):
            return
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._rounds())

    async def aclose(self) -> None:
        """Wait until what is queued is appended or dropped."""
        if self._task is not None:
            await self._task

    async def _rounds(self) -> None:
        while copies := _next(self._queue):
            with _counted(copies):
                await self._group.append([entry for copy in copies for entry in copy.entries()])


class ThreadMirror:
    """The mirror where there is no event loop: a thread of its own, while there is something to append."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[Copy] = deque()
        self._thread: threading.Thread | None = None

    def publish(self, copies: Sequence[Copy]) -> None:
        """Have `copies` appended, after the answer."""
        with self._lock:
            if _take(self._queue, copies) and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="mirror", daemon=True)
                self._thread.start()

    def wait(self, within: float) -> bool:
        """Wait until what is queued is appended or dropped; False when that takes longer than `within` seconds."""
        thread = self._thread
        if thread is not None:
            thread.join(within)
        return thread is None or not thread.is_alive()

    def _run(self) -> None:
        while copies := self._round():
            with _counted(copies):
                append([entry for copy in copies for entry in copy.entries()])

    def _round(self) -> list[Copy]:
        with self._lock:
            copies = _next(self._queue)
            if not copies:
                self._thread = None
            return copies


def _take(queue: deque[Copy], copies: Sequence[Copy]) -> bool:
    """Queue `copies`, or drop them when the queue is full or the mirror closed; whether they are queued."""
    if not copies:
        return False
    if len(queue) >= QUEUE_MOST or not is_open():
        _drop(copies)
        return False
    queue.extend(copies)
    return True


def is_open() -> bool:
    """Whether copies are taken now: Redis is safe, answers, and has room for what can be done without."""
    gate = safety.current.get()
    return gate.is_open and not gate.is_full and not breaker.current.is_open


def _next(queue: deque[Copy]) -> list[Copy]:
    return [queue.popleft() for _ in range(min(len(queue), ROUND_MOST))]


@contextmanager
def _counted(copies: Sequence[Copy]) -> Iterator[None]:
    """Count `copies` as what the block makes of them: appended, or dropped when it fails. Nobody waits for it, so it
    never raises."""
    try:
        yield
    except NotAppended as error:
        _drop(copies, error)
    except Exception as error:
        log.exception("mirrored copies can not be appended")
        _drop(copies, error)
    else:
        for copy in copies:
            copy.appended()


def _drop(copies: Sequence[Copy], error: Exception | None = None) -> None:
    if error is not None:
        log.debug("%d mirrored copies are dropped: %s", len(copies), error)
    for copy in copies:
        copy.dropped()


# Of this process, for whatever commits without an event loop.
threaded = ThreadMirror()


def _begin() -> None:
    # A child has no thread, and may have inherited a lock that is held.
    global threaded
    threaded = ThreadMirror()


os.register_at_fork(after_in_child=_begin)
