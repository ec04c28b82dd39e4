"""The entries of one device around a time. No index leads to them: the stream is read there, while there is time."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.conf import settings

from ljwx.redis import client
from rollout.consistency import ids, looking
from rollout.consistency.ids import MOST_SEQ
from rollout.consistency.promises import Entry, Promise, of_entry
from streaming.registry import Kind

PAGE = 500
MINUTE_MS = 60_000
clock: Callable[[], float] = time.monotonic

# A page of a stream, of which only the entries that hold the bytes leave the server: how many were read, the last id,
# those entries. It holds up other commands for about as long as the page itself would.
FIND = """
local page = redis.call(ARGV[1], KEYS[1], ARGV[2], ARGV[3], 'COUNT', ARGV[4])
local found = {}
for _, entry in ipairs(page) do
  for place = 2, #entry[2], 2 do
    if string.find(entry[2][place], ARGV[5], 1, true) then
      found[#found + 1] = entry
      break
    end
  end
end
return {#page, page[#page] and page[#page][1] or false, found}
"""


class Span(NamedTuple):
    """A stretch of time, both ends included, in epoch milliseconds."""

    since_ms: int
    until_ms: int


class Found(NamedTuple):
    """An entry that holds something of the device, and what of it that is."""

    entry: Entry
    promises: Sequence[Promise]


@dataclass(frozen=True, slots=True)
class Scan:
    """What was read of one stream. `found`: newest first; `read`: how many entries were read; `span`: the stretch that
    was read without a gap, of the one that was `asked` for; `kept_since_ms`: the oldest entry that is kept, None: the
    stream holds none; `whole_since_ms`: since when no entry was trimmed that was stored."""

    kind: Kind
    found: tuple[Found, ...]
    read: int
    span: Span
    asked: Span
    kept_since_ms: int | None
    whole_since_ms: int

    @property
    def is_whole(self) -> bool:
        """Whether all that was asked for was read, trimmed or not."""
        return self.span == self.asked

    def would_show(self, written_ms: int) -> bool:
        """Whether an entry whose row was written then would have been read, if it was stored within the grace."""
        appended = written_ms - settings.CHECK_GRACE_S * 1000
        return max(self.whole_since_ms, self.span.since_ms) <= appended and written_ms <= self.span.until_ms


def scan(kind: Kind, device: str, *, asked: Span, at_ms: int, now_ms: int, most: int, seconds: float) -> Scan:
    """The entries of `kind` that hold records of `device`, from `at_ms` outwards until `most` are found to either side,
    `asked` is read, or `seconds` are over. Raises redis.RedisError."""
    until = clock() + seconds
    walks = [_Walk(kind, device, most, "XREVRANGE", f"{at_ms}-{MOST_SEQ}", str(asked.since_ms))]
    if at_ms < asked.until_ms:
        walks.append(_Walk(kind, device, most, "XRANGE", str(at_ms + 1), f"{asked.until_ms}-{MOST_SEQ}"))
    while (left := [walk for walk in walks if not walk.over]) and clock() < until:
        for walk in left:
            walk.step()
    back, forth = walks[0], walks[-1]
    # Looked at after reading: what was trimmed meanwhile may not have been read.
    seen = looking.look(kind, now_ms=now_ms)
    return Scan(
        kind=kind,
        found=tuple(sorted((each for walk in walks for each in walk.found), key=lambda each: each.entry.id)[::-1]),
        read=sum(walk.read for walk in walks),
        span=Span(
            back.reached(at_ms, asked.since_ms),
            asked.until_ms if forth is back else forth.reached(at_ms, asked.until_ms),
        ),
        asked=asked,
        kept_since_ms=seen.first.ms if seen.first else None,
        whole_since_ms=min(seen.kept_since, seen.first or seen.kept_since).ms,
    )


class _Walk:
    """One direction, a page a step."""

    def __init__(self, kind: Kind, device: str, most: int, command: str, begin: str, end: str) -> None:
        self.found: list[Found] = []
        self.read = 0
        self.over = False
        self._kind, self._device, self._most = kind, device, most
        self._command, self._begin, self._end = command, begin, end
        # A serial stands in an entry as it is: what does not hold its bytes need not be decoded.
        self._name = device.encode(errors="surrogatepass")
        self._last: int | None = None
        self._whole = False

    def step(self) -> None:
        """Read one page more. Raises redis.RedisError."""
        arguments = (self._command, self._begin, self._end, PAGE, self._name)
        told: Any = client("control").eval(FIND, 1, self._kind.stream, *arguments)
        read, last, entries = told
        self.read += read
        for identifier, fields in entries:
            entry = Entry(self._kind, identifier, dict(zip(fields[::2], fields[1::2], strict=True)))
            if mine := [each for each in of_entry(entry) if each.letter.device_sn == self._device]:
                self.found.append(Found(entry, mine))
                if len(self.found) == self._most:
                    self.over, self._last = True, entry.id.ms
                    return
        if read < PAGE:
            self.over = self._whole = True
            return
        self._begin, self._last = f"({last.decode()}", ids.of(last).ms

    def reached(self, begin: int, end: int) -> int:
        """The millisecond up to which this direction was read, on its way from `begin` to `end`."""
        if self._whole:
            return end
        return begin if self._last is None else self._last
