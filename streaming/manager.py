"""The consumers as operators and the controller see them: what there is, and how many there should be."""

import time
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings

from ljwx.redis import CONSUMER_KEY, client
from streaming import counts, names, registry, reports
from streaming.counts import Count, Source
from streaming.worker import State


@dataclass(frozen=True, slots=True)
class Consumer:
    """One consumer process. `seat` None: it serves kinds of its own and is not one of the number. `beat_age_s`: seconds
    since its last heartbeat, None while there is none; `stored`, `duplicates` and `dead` count records since it
    started; `pending` are entries of its name in all its groups."""

    name: str
    host: str
    seat: int | None
    kinds: list[str]
    state: State
    pid: int | None
    restarts: int
    exit_code: int | None
    beat_age_s: float | None
    stored: int
    duplicates: int
    dead: int
    error: str
    pending: int


@dataclass(frozen=True, slots=True)
class Status:
    """`desired` is what the supervisors converge to, `wanted` what was asked for; `running` of them have given
    a sign of life and are not told to end. `consumers` are all there are."""

    wanted: int
    desired: int
    minimum: int
    maximum: int
    version: int
    autoscale: bool
    running: int
    consumers: list[Consumer]

    @property
    def converged(self) -> bool:
        """Whether there are exactly as many as there should be."""
        return self.running == self.desired == sum(each.seat is not None for each in self.consumers)


@dataclass(frozen=True, slots=True)
class Scaled:
    """What `scale` did: the number desired before and after, and the version of the latter."""

    before: int
    after: int
    version: int


class ConsumerManager:
    """The consumers of all hosts. The guide's `get_consumer_manager()`."""

    def status(self) -> Status:
        """What there is now. Names that no living supervisor answers for are not shown. Raises redis.RedisError."""
        connection = client("control")
        pending: dict[str, int] = {}
        for kind in registry.consumed():
            for name, waiting in names.pending(connection, kind).items():
                pending[name] = pending.get(name, 0) + waiting
        found = [_consumer(connection, report, pending.get(report.name, 0)) for report in reports.living(connection)]
        count = counts.current.get()
        return Status(
            wanted=count.wanted,
            desired=count.desired,
            minimum=settings.CONSUMER_MIN,
            maximum=settings.CONSUMER_MAX,
            version=count.version,
            autoscale=settings.CONSUMER_AUTOSCALE,
            running=sum(
                each.seat is not None and each.state is State.RUNNING and each.beat_age_s is not None for each in found
            ),
            consumers=found,
        )

    def scale(self, count: int, *, reason: str, actor: str, source: str = Source.MANUAL) -> Scaled:
        """Have `count` consumers over all hosts; the supervisors follow within seconds.

        Raises counts.OutOfRange, counts.CountConflict, django.db.Error; then nothing changed.
        """
        before, after = counts.ask(count, reason=reason, actor=actor, source=source)
        return Scaled(before.desired, after.desired, after.version)

    def preview(self, count: int) -> Scaled:
        """What `scale` would do. Raises counts.OutOfRange, django.db.Error."""
        counts.check(count)
        before: Count = counts.read()
        return Scaled(before.desired, count, before.version)


def _consumer(connection: redis.Redis, report: reports.Report, pending: int) -> Consumer:
    told: Any = connection.hgetall(CONSUMER_KEY.format(report.name))
    # A heartbeat of the process before this one is none of this one.
    lives = told.get(b"pid") == str(report.pid).encode()
    return Consumer(
        name=report.name,
        host=report.host,
        seat=report.seat,
        kinds=report.kinds,
        state=report.state,
        pid=report.pid,
        restarts=report.restarts,
        exit_code=report.exit_code,
        beat_age_s=max(0.0, time.time() - float(told[b"beat"])) if lives and b"beat" in told else None,
        stored=int(told.get(b"stored", 0)) if lives else 0,
        duplicates=int(told.get(b"duplicates", 0)) if lives else 0,
        dead=int(told.get(b"dead", 0)) if lives else 0,
        error=told.get(b"error", b"").decode(errors="replace"),
        pending=pending,
    )


def get_consumer_manager() -> ConsumerManager:
    """The manager; it holds nothing, so every call may make one."""
    return ConsumerManager()
