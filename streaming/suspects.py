"""Entries that were delivered again and again: one of them may be what ends its consumer each time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from ljwx.pauses import doubled
from monitoring import alarms
from streaming.opening import RawEntry
from streaming.registry import Kind

DELIVERIES = 3
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 300.0
TOLD_AFTER = 2
# Tries alone are counted in the delivery count itself, in units that no outage reaches: the entry carries them from
# consumer to consumer, XCLAIM writes them even into a full Redis, and they go when it is acknowledged.
ALONE = 10**9
MOST_PENDING = 10_000


@dataclass(frozen=True, slots=True)
class Suspect:
    """An entry with its `deliveries` and `deaths`: how often it was tried alone and never came back."""

    identifier: bytes
    entry: RawEntry
    deliveries: int
    deaths: int

    @property
    def pause_s(self) -> float:
        """Seconds a new process leaves it alone first."""
        return doubled(FIRST_PAUSE_S, self.deaths - 1, longest_s=LONGEST_PAUSE_S) if self.deaths else 0.0


class Suspects:
    """Tells suspects from other entries of one consumer, and notes each try. Methods raise redis.RedisError.

    The count only isolates: it never buries. An entry that ended its consumer when it was alone waits, longer each
    time, while all others are stored.
    """

    def __init__(self, *, name: str, connection: redis.Redis, clock: Callable[[], float]) -> None:
        self._name = name
        self._connection = connection
        self._clock = clock
        self._seen: dict[bytes, float] = {}
        self._told: dict[str, set[bytes]] = {}
        self._met: dict[str, set[bytes]] = {}

    def sort(self, kind: Kind, entries: Sequence[RawEntry]) -> tuple[list[RawEntry], list[Suspect]]:
        """The entries without suspicion, and the suspects, those with the fewest deaths first."""
        identifiers = [identifier for identifier, _ in entries if identifier is not None]
        if not identifiers:
            return list(entries), []
        held: Any = self._connection.xpending_range(
            kind.stream, kind.group, min=min(identifiers, key=_number), max=max(identifiers, key=_number),
            count=MOST_PENDING, consumername=self._name,
        )  # fmt: skip
        counts = {each["message_id"]: each["times_delivered"] for each in held}
        calm: list[RawEntry] = []
        suspects: list[Suspect] = []
        for entry in entries:
            identifier, fields = entry
            deaths, deliveries = divmod(counts.get(identifier, 1), ALONE)
            if identifier is not None and fields and (deaths or deliveries > DELIVERIES):
                suspects.append(Suspect(identifier, entry, deliveries, deaths))
            else:
                calm.append(entry)
        return calm, sorted(suspects, key=lambda suspect: suspect.deaths)

    def wait_s(self, kind: Kind, suspect: Suspect) -> float:
        """Seconds until `suspect` may be tried; tells of one that keeps ending consumers."""
        self._met.setdefault(kind.name, set()).add(suspect.identifier)
        if suspect.deaths >= TOLD_AFTER:
            self._told.setdefault(kind.name, set()).add(suspect.identifier)
            alarms.sound(
                alarm(kind.name),
                f"entry {suspect.identifier.decode()} of {kind.stream} ended its consumer {suspect.deaths} times when"
                " it was handled alone; it is kept and tried again, the others go on",
            )
        now = self._clock()
        return max(0.0, self._seen.setdefault(suspect.identifier, now) + suspect.pause_s - now)

    def begin(self, kind: Kind, suspect: Suspect) -> None:
        """Note that it is tried alone now; should this process end, that was one death more."""
        self._note(kind, suspect, (suspect.deaths + 1) * ALONE + suspect.deliveries)

    def excuse(self, kind: Kind, suspect: Suspect) -> None:
        """The world was to blame: take the note back, which may fail without harm."""
        try:
            self._note(kind, suspect, suspect.deaths * ALONE + suspect.deliveries)
        except redis.RedisError:
            # It waits a little longer then than it deserves.
            return

    def settled(self, kind: Kind, suspect: Suspect) -> None:
        """It is stored or buried."""
        self._seen.pop(suspect.identifier, None)
        self._tell_over(kind, {suspect.identifier})

    def caught_up(self, kind: Kind) -> None:
        """All that is pending was met: a suspect that was not is no longer ours, or somebody acknowledged it."""
        self._tell_over(kind, self._told.get(kind.name, set()) - self._met.pop(kind.name, set()))

    def _tell_over(self, kind: Kind, identifiers: set[bytes]) -> None:
        told = self._told.get(kind.name, set())
        if told & identifiers:
            told -= identifiers
            if not told:
                alarms.clear(alarm(kind.name))

    def _note(self, kind: Kind, suspect: Suspect, count: int) -> None:
        self._connection.xclaim(
            kind.stream, kind.group, self._name, 0, [suspect.identifier], retrycount=count, justid=True
        )


def alarm(kind: str) -> str:
    """The name of the alarm that stands while an entry of `kind` keeps ending consumers."""
    return f"suspect:{kind}"


def _number(identifier: bytes) -> tuple[int, ...]:
    return tuple(int(part) for part in identifier.split(b"-"))
