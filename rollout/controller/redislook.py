"""One look at Redis: everything that the guardrails want to know of it, or nothing."""

from dataclasses import dataclass, field
from typing import Any

import redis
from django.db.models import F

from ljwx.redis import client
from monitoring import alarms
from rollout.guardrails.evidence import Consumers
from streaming import backlog, losses, registry, safety
from streaming.backlog import Backlog
from streaming.manager import get_consumer_manager
from streaming.models import ConsumerChange


@dataclass(frozen=True, slots=True)
class Look:
    """What Redis has said. `memory`: share of `maxmemory`, or of the machine's memory where none is set. What is not
    known is None or absent."""

    memory: float | None = None
    evicts: bool | None = None
    backlog: dict[str, Backlog] = field(default_factory=dict)
    lost: dict[str, int] | None = None
    consumers: Consumers = field(default_factory=Consumers)
    alarms: tuple[str, ...] | None = None


def look(*, now: float) -> Look:
    """Look now. A Redis that does not answer is asked once, not once for each question."""
    try:
        return _look(now)
    except redis.RedisError:
        return Look()


def _look(now: float) -> Look:
    connection = client("control")
    info: dict[str, Any] = connection.info("memory")
    status = get_consumer_manager().status()
    more = ConsumerChange.objects.filter(to_count__gt=F("from_count")).order_by("-version")
    raised = more.values_list("created_at", flat=True).first()
    return Look(
        memory=safety.memory_share(info),
        evicts=info.get("maxmemory_policy") != "noeviction",
        backlog={kind.name: backlog.measure(kind, now=now) for kind in registry.kinds()},
        lost=losses.counted(connection),
        consumers=Consumers(
            desired=status.desired,
            alive=status.running,
            maximum=status.maximum,
            raised_at=raised.timestamp() if raised else None,
        ),
        alarms=tuple(alarm.name for alarm in alarms.standing()),
    )
