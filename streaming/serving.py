"""Which kinds may be consumed now: those whose group is there and whose dead-letter budget is not exhausted."""

from collections.abc import Sequence

import redis

from monitoring import alarms
from streaming import budget, groups
from streaming.budget import Budget
from streaming.failures import Exhausted
from streaming.registry import Kind


class Serving:
    """The kinds of one consumer, each with what keeps it from being consumed; alarms say so.

    One kind's trouble leaves the others alone: an SOS is stored while health data waits for a person.
    """

    def __init__(self, *, kinds: Sequence[Kind], connection: redis.Redis, budget: Budget) -> None:
        self.stopped: dict[str, str] = {}
        self._all = kinds
        self._connection = connection
        self._budget = budget
        self._grouped: set[str] = set()
        self._had: set[str] = set()
        self._remade: set[str] = set()
        self._seen: dict[str, bytes] = {}

    def kinds(self) -> list[Kind]:
        """The kinds to consume. Raises, when there is none, Exhausted or what Redis says of the last key."""
        self._look_for_stops()
        served: list[Kind] = []
        refused: Exception = Exhausted(self.why())
        for kind in self._all:
            if kind.name in self.stopped:
                continue
            try:
                self._ensure(kind)
                served.append(kind)
            except redis.ResponseError as error:
                if not _is_no_stream(error):
                    raise
                alarms.sound(alarm(kind.name), f"{kind.stream} is no stream: rename or delete that key")
                refused = error
        if not served:
            raise refused
        return served

    def why(self) -> str:
        """Why kinds are stopped; empty when none is."""
        return "; ".join(f"{kind}: {text}" for kind, text in self.stopped.items())

    def look_again(self) -> None:
        """Take nothing for granted: the keys may have changed."""
        self._grouped.clear()

    def remake(self) -> None:
        """Make again the groups that are gone."""
        for kind in self._all:
            try:
                self._remake(kind)
            except redis.ResponseError as error:
                if not _is_no_stream(error):
                    raise

    def _remake(self, kind: Kind) -> None:
        if groups.remake(self._connection, kind, seen=self._seen.get(kind.name)):
            self._remade.add(kind.name)

    def read(self, kind: Kind, identifier: bytes | None) -> None:
        """New entries of `kind` were read, up to this one."""
        if identifier is not None:
            self._seen[kind.name] = identifier

    def read_up(self, kind: Kind) -> None:
        """Nothing of `kind` is undelivered: a group that was made again has caught up."""
        if kind.name in self._remade:
            self._remade.discard(kind.name)
            alarms.clear(groups.alarm(kind.name))

    def _look_for_stops(self) -> None:
        stopped = self._budget.stopped([kind.name for kind in self._all])
        for name in stopped.keys() - self.stopped.keys():
            mend = f'manage.py allow_dead_letters --kind {name} --reason "..."'
            alarms.sound(budget.alarm(name), f"{stopped[name]}: nothing of {name} is consumed until `{mend}`")
        for name in self.stopped.keys() - stopped.keys():
            alarms.clear(budget.alarm(name))
        self.stopped = stopped

    def _ensure(self, kind: Kind) -> None:
        if kind.name not in self._grouped:
            if kind.name in self._had:
                # It was there: should it be gone, that is no first start.
                self._remake(kind)
            else:
                groups.ensure(self._connection, kind)
                self._had.add(kind.name)
            self._grouped.add(kind.name)
            alarms.clear(alarm(kind.name))


def alarm(kind: str) -> str:
    """The name of the alarm that stands while the key of `kind` is no stream."""
    return f"stream:{kind}"


def _is_no_stream(error: redis.ResponseError) -> bool:
    return str(error).startswith("WRONGTYPE")
