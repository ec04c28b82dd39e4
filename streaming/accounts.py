"""The ledger against the streams: which promises are in flight, and which are nowhere."""

import logging
import time
from collections.abc import Callable

import redis
from django.db import Error, close_old_connections

from ljwx.stopping import Stop
from monitoring import alarms, ledger, processes, tallies
from monitoring.alarms import Alarm
from monitoring.ledger import Line
from streaming import backlog, registry

log = logging.getLogger(__name__)

# Longer than a web process keeps its counts in memory, and than an upload waits for its answer.
GRACE_S = 10.0
# How far back the auditor looks: what it has found stays an alarm when it is older.
MINUTES = 60
EVERY_S = 10.0
ALARM = "ledger:"


def lines(minutes: int, *, now: float | None = None) -> list[Line]:
    """The ledger of the last `minutes`, oldest first. Raises django.db.Error or redis.RedisError: what is not known is
    not zero."""
    now = time.time() if now is None else now
    kinds = registry.kinds()
    settled: dict[str, float] = {}
    for kind in kinds:
        oldest_s = backlog.measure(kind, now=now).oldest_s
        settled[kind.name] = now - (oldest_s or 0.0) - GRACE_S
    last = int(now) // 60
    streams = {kind.name: kind.stream for kind in kinds}
    return ledger.lines(last - minutes + 1, last, streams=streams, settled_before=settled)


class Auditor:
    """Sounds an alarm for each minute of a kind in which promises are neither kept nor in flight.

    An alarm ends by itself only when they turn up; otherwise a person clears it (`manage.py ledger --clear`).
    """

    clock: Callable[[], float] = staticmethod(time.time)

    def run(self, stopping: Stop) -> None:
        """Audit every ten seconds until `stopping`."""
        while not stopping.wait(EVERY_S):
            try:
                close_old_connections()
                self.step()
            except (redis.RedisError, Error) as error:
                log.warning("the ledger can not be audited: %s", type(error).__name__)
            except Exception:  # the top of a thread; without it no loss would be told any more
                log.exception("the ledger can not be audited")

    def step(self) -> int:
        """Audit once, and delete what was told too long ago; returns how many records are in no account."""
        found = lines(MINUTES, now=self.clock())
        missing = {name(line): line for line in found if line.residue > 0}
        for alarm, line in missing.items():
            alarms.sound(alarm, text(line))
        well = {name(line) for line in found} - missing.keys()
        for standing in _standing():
            if standing.name in well:
                alarms.clear(standing.name)
        ledger.forget(now=self.clock())
        tallies.prune()
        processes.prune()
        return sum(line.residue for line in missing.values())


def _standing() -> list[Alarm]:
    return [alarm for alarm in alarms.standing() if alarm.name.startswith(ALARM)]


def name(line: Line) -> str:
    """The name of the alarm of a line."""
    return f"{ALARM}{line.kind}:{line.path}:{line.minute}"


def text(line: Line) -> str:
    """What is wrong with a line."""
    return (
        f"{line.residue} of {line.accepted} {line.kind} records accepted on the {line.path} path at {moment(line)} are"
        " neither stored nor dead nor in flight"
    )


def moment(line: Line) -> str:
    """The minute of a line, in local time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(line.minute * 60))


def clear() -> int:
    """Clear every alarm of the ledger; returns how many. Raises redis.RedisError."""
    found = _standing()
    for alarm in found:
        alarms.clear(alarm.name)
    return len(found)
