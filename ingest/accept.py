"""From an upload to something durable: what its response commits before the device is told "success"."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Protocol

from django.conf import settings
from rest_framework.exceptions import APIException

from ingest.drill import arming, edge
from ingest.outcomes import Outcome
from ingest.upload import Part, Upload
from monitoring import ledger, tallies
from rollout import routes
from streaming import breaker, deadletters, registry, safety
from streaming.envelope import MOST_RECORDS, VERSION, Envelope, encode
from streaming.failures import Unavailable
from streaming.groupcommit import GroupCommit
from streaming.mirror import Copy, Mirror, fresh
from streaming.producer import Entry, NotAppended, append
from streaming.storing import Item, Tally, store

log = logging.getLogger(__name__)
clock: Callable[[], float] = time.monotonic

ROUTED, ALWAYS_STREAM = "routed", "stream"
TEST_LANE = "v2"
# Records that only the legacy writer has saved, because Redis did not take them.
FALLBACK = "fallback"


class CanNotAccept(APIException):
    """Raised when neither path can take the records now: the device keeps them and tries again."""

    status_code = 503
    default_detail = "the records can not be stored now, send them again"
    wait = 5


class Writers(Protocol):
    """Where writes of an event loop run."""

    async def run(self, write: Callable[[], None], *, within: float) -> None: ...


@dataclass(slots=True)
class Commit:
    """What must be durable before an upload is answered: entries to append, parts to write.

    `run` either makes all of it durable or raises CanNotAccept; some may be durable then, which a second try of the
    device makes good, for natural keys make it harmless.
    """

    upload: Upload
    lane: str = ROUTED
    started: float = field(default_factory=lambda: clock())
    appends: list[tuple[Part, int]] = field(default_factory=list)
    writes: list[Part] = field(default_factory=list)
    # Of the written parts those that are mirrored, each with the epoch of its route.
    mirrored: tuple[tuple[Part, int], ...] = ()
    # Each part with the path and epoch of its share, whatever became of the stream.
    routed: list[tuple[Part, str, int]] = field(default_factory=list)
    stream_ids: list[str] = field(default_factory=list)
    fell_back: bool = False
    _tallies: list[tuple[str, Tally]] = field(default_factory=list)

    def run(self) -> None:
        """Commit in this thread. Raises CanNotAccept."""
        if arming.current.get() is not None:
            edge.meet(self.routed, refused=CanNotAccept)
        if self.appends:
            try:
                self.stream_ids = append(self.entries())
            except NotAppended as error:
                self._fall_back(error)
        if self.writes:
            self.write()
        self._tell()

    async def run_async(self, group: GroupCommit, writers: Writers) -> None:
        """The same on an event loop: appends join the group commit, writes run in a thread. Raises CanNotAccept, at the
        latest when `ACCEPT_DEADLINE_S` are over."""
        if arming.current.get() is not None:
            await edge.meet_async(self.routed, refused=CanNotAccept)
        started = clock()
        if self.appends:
            try:
                self.stream_ids = await group.append(self.entries())
            except NotAppended as error:
                self._fall_back(error)
        if self.writes:
            await writers.run(self.write, within=settings.ACCEPT_DEADLINE_S - (clock() - started))
        self._tell()

    def mirror(self, mirror: Mirror) -> None:
        """Hand what the legacy path has stored by now, and its device's share mirrors, to `mirror`: once."""
        if not self.mirrored:
            return
        new = [record for _, tally in self._tallies for record in tally.fresh]
        copies = [
            Copy(part.kind, epoch, self.upload.received_ms, records)
            for part, epoch in self.mirrored
            if (records := fresh(registry.get(part.kind), part.records, new))
        ]
        mirror.publish(copies)

    def _fall_back(self, error: NotAppended) -> None:
        # The breaker says so once; here it would be said with each upload.
        log.debug("appending failed, the records go the legacy path: %s", error)
        if error.unsure:
            self._count_appends(ledger.UNSURE)
        self.writes += [part for part, _ in self.appends]
        self.appends.clear()
        self.fell_back = True

    def _tell(self) -> None:
        """Count in the ledger what is promised by the answer, and what became of it as far as that is known."""
        self._count_appends(ledger.ACCEPTED)
        path = FALLBACK if self.fell_back else routes.LEGACY
        for kind, tally in self._tallies:
            for what, count in (
                (ledger.ACCEPTED, tally.new + tally.duplicates + tally.buried),
                (ledger.STORED, tally.new),
                (ledger.DUPLICATE, tally.duplicates),
                (ledger.DEAD, tally.buried),
            ):
                if count:
                    ledger.tell(kind, path, what, count, received_ms=self.upload.received_ms)

    def tell(self, *, refused: bool) -> None:
        """Tell what became of the upload, now that its answer is known. Once; memory alone."""
        seconds = clock() - self.started
        failed = [burial for _, tally in self._tallies for burial in tally.failed]
        if len(self.routed) == 1 and not refused and not failed:
            # Nearly every upload: a short way, for it is on the way of each.
            part, path, epoch = self.routed[0]
            if self.stream_ids and self.appends:
                tallies.upload(path, part.kind, epoch, seconds=seconds, accepted=len(part.records))
                return
            if path == routes.LEGACY:
                tallies.upload(path, part.kind, epoch, seconds=seconds, good=len(part.records))
                return
        appended = [part for part, _ in self.appends] if self.stream_ids else ()
        Outcome(routed=self.routed, appended=appended, failed=failed, refused=refused).tell(seconds=seconds)

    def _count_appends(self, what: str) -> None:
        for part, _ in self.appends:
            ledger.tell(
                part.kind,
                ledger.STREAM,
                what,
                len(part.records) + len(part.rejects),
                received_ms=self.upload.received_ms,
            )

    def entries(self) -> list[Entry]:
        """One entry per upload, kind and device, of at most 100 records each."""
        return [
            entry
            for part, epoch in self.appends
            for entry in _entries(part, self._path, epoch, self.upload.received_ms)
        ]

    @property
    def _path(self) -> str:
        # The test lane must not count when the two paths are compared.
        return TEST_LANE if self.lane == ALWAYS_STREAM else routes.STREAM

    def write(self) -> None:
        """Store the parts of the legacy path, at most `LEGACY_WRITERS` uploads of this process at once."""
        writers = _writers()
        if not writers.acquire(timeout=0.5):
            raise CanNotAccept
        try:
            for kind, parts in _by_kind(self.writes):
                received_ms = self.upload.received_ms
                tally = store(
                    registry.get(kind),
                    [Item(record, received_ms) for part in parts for record in part.records],
                    [
                        deadletters.of_reject(reject, received_ms=received_ms)
                        for part in parts
                        for reject in part.rejects
                    ],
                )
                self._tallies.append((kind, tally))
        except Unavailable as error:
            log.warning("the legacy path can not store: %s", error)
            raise CanNotAccept from error
        finally:
            writers.release()


def commit_of(upload: Upload, *, lane: str, started: float | None = None) -> Commit:
    """Choose the path of every part: by its device's share, or (`ALWAYS_STREAM`) the stream while it is open.

    `started`: when the request began, by `clock`; now, unless given.
    """
    commit = Commit(upload, lane, clock() if started is None else started)
    for part in upload.parts.values():
        decision = routes.decide(part.kind, part.device_sn)
        to_stream, meant = decision.path == routes.STREAM, decision.meant
        if lane == ALWAYS_STREAM:
            meant = TEST_LANE
            to_stream = safety.current.get().is_open and not breaker.current.is_open
        commit.routed.append((part, meant, decision.epoch))
        if to_stream:
            commit.appends.append((part, decision.epoch))
        else:
            commit.writes.append(part)
            if decision.mirrored and lane == ROUTED:
                commit.mirrored = (*commit.mirrored, (part, decision.epoch))
    return commit


def _entries(part: Part, path: str, epoch: int, received_ms: int) -> Iterable[Entry]:
    stream = registry.get(part.kind).stream
    records, rejects = part.records, part.rejects
    while records or rejects:
        these, records = records[:MOST_RECORDS], records[MOST_RECORDS:]
        room = MOST_RECORDS - len(these)
        those, rejects = rejects[:room], rejects[room:]
        yield Entry(stream, encode(Envelope(VERSION, part.kind, received_ms, path, epoch, these, those)))


def _by_kind(parts: list[Part]) -> list[tuple[str, list[Part]]]:
    """Parts by kind, in the writers' lock order."""
    found: dict[str, list[Part]] = {}
    for part in parts:
        found.setdefault(part.kind, []).append(part)
    return sorted(found.items(), key=lambda pair: -registry.get(pair[0]).priority)


_semaphore: BoundedSemaphore | None = None


def _writers() -> BoundedSemaphore:
    global _semaphore
    if _semaphore is None:
        _semaphore = BoundedSemaphore(settings.LEGACY_WRITERS)
    return _semaphore
