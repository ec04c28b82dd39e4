"""The entries of one device around a time. No index leads to them: the stream is read there, while there is time."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ljwx.redis import client
from rollout.consistency import looking
from rollout.consistency.ids import MOST_SEQ, Id
from rollout.consistency.promises import Entry, Promise, of_entry
from streaming.envelope import FIELD
from streaming.registry import Kind

PAGE = 1_000
clock: Callable[[], float] = time.monotonic


class Span(NamedTuple):
    """A stretch of time, both ends included, in epoch milliseconds."""

    since_ms: int
    until_ms: int

    def holds(self, moment_ms: int) -> bool:
        """Whether a moment is in it."""
        return self.since_ms <= moment_ms <= self.until_ms


class Found(NamedTuple):
    """An entry that holds something of the device, and what of it that is."""

    entry: Entry
    promises: Sequence[Promise]


@dataclass(frozen=True, slots=True)
class Scan:
    """What was read of one stream. `found`: newest first; `read`: how many entries were read; `span`: the stretch that
    was read without a gap, of the one that was `asked` for; `kept_since_ms`: the oldest entry that is kept, None: the
    stream holds none."""

    kind: Kind
    found: tuple[Found, ...]
    read: int
    span: Span
    asked: Span
    kept_since_ms: int | None

    @property
    def is_whole(self) -> bool:
        """Whether all that was asked for was read, trimmed or not."""
        return self.span == self.asked


def scan(kind: Kind, device: str, *, asked: Span, at_ms: int, most: int, seconds: float) -> Scan:
    """The entries of `kind` that hold records of `device`, from `at_ms` outwards until `most` are found to either side,
    `asked` is read, or `seconds` are over. Raises redis.RedisError."""
    until, first = clock() + seconds, looking.look(kind).first
    walks = [_Walk(kind, device, most, _back(kind, Id(at_ms, MOST_SEQ), Id(asked.since_ms)), end=asked.since_ms)]
    if at_ms < asked.until_ms:
        after, bound = Id(at_ms, MOST_SEQ), Id(asked.until_ms + 1)
        walks.append(_Walk(kind, device, most, _forth(kind, after, bound), end=asked.until_ms))
    while (left := [walk for walk in walks if not walk.over]) and clock() < until:
        for walk in left:
            walk.step()
    back, forth = walks[0], walks[-1]
    return Scan(
        kind=kind,
        found=tuple(sorted((each for walk in walks for each in walk.found), key=lambda each: each.entry.id)[::-1]),
        read=sum(walk.read for walk in walks),
        span=Span(back.reached(at_ms), asked.until_ms if forth is back else forth.reached(at_ms)),
        asked=asked,
        kept_since_ms=first.ms if first else None,
    )


class _Walk:
    """One direction, a page a step."""

    def __init__(self, kind: Kind, device: str, most: int, pages: Iterator[list[Entry]], *, end: int) -> None:
        self.found: list[Found] = []
        self.read = 0
        self.over = False
        self._kind, self._device, self._most, self._pages, self._end = kind, device, most, pages, end
        self._name = device.encode(errors="surrogatepass")
        self._last: int | None = None
        self._whole = False

    def step(self) -> None:
        page = next(self._pages, None)
        if page is None:
            self.over = self._whole = True
            return
        for entry in page:
            self.read, self._last = self.read + 1, entry.id.ms
            # A serial stands in an entry as it is: what does not hold its bytes need not be decoded.
            if self._name in entry.fields.get(FIELD, b"") and (mine := _of(entry, self._device)):
                self.found.append(Found(entry, mine))
                if len(self.found) == self._most:
                    self.over = True
                    return

    def reached(self, begin: int) -> int:
        """The millisecond up to which this direction was read."""
        if self._whole:
            return self._end
        return begin if self._last is None else self._last


def _of(entry: Entry, device: str) -> list[Promise]:
    return [each for each in of_entry(entry) if each.letter.device_sn == device]


def _back(kind: Kind, end: Id, begin: Id) -> Iterator[list[Entry]]:
    """Pages from `end` back to `begin`, both included, newest first."""
    top = str(end)
    while found := _page(kind, top, str(begin)):
        yield found
        top = f"({found[-1].id}"


def _page(kind: Kind, top: str, bottom: str) -> list[Entry]:
    found: Any = client("control").xrevrange(kind.stream, max=top, min=bottom, count=PAGE)
    return [Entry(kind, identifier, fields) for identifier, fields in found]


def _forth(kind: Kind, after: Id, bound: Id) -> Iterator[list[Entry]]:
    """Pages after `after` and before `bound`, oldest first."""
    while found := looking.page(kind, after=after, bound=bound, most=PAGE):
        yield found
        after = found[-1].id
