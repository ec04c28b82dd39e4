"""How far consumers are with an entry."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis

from ljwx.redis import client
from rollout.consistency import ids
from streaming import groups
from streaming.registry import Kind


class State(enum.StrEnum):
    """UNDELIVERED: no consumer has read it. PENDING: one has, and has not stored it yet. ACKNOWLEDGED: everything in it
    is stored or buried. NO_GROUP: there is no consumer group, so nobody has read it."""

    UNDELIVERED = "undelivered"
    PENDING = "pending"
    ACKNOWLEDGED = "acknowledged"
    NO_GROUP = "no group"


@dataclass(frozen=True, slots=True)
class Standing:
    """Of a pending entry: the `consumer` that has it in its batch, when it was delivered to it (epoch milliseconds by
    the clock of Redis), and how often it was delivered."""

    state: State
    consumer: str = ""
    delivered_ms: int | None = None
    deliveries: int = 0


def of(kind: Kind, identifiers: Sequence[bytes]) -> list[Standing]:
    """The standing of each of these entries of `kind`, in order. Raises redis.RedisError."""
    if not identifiers:
        return []
    connection = client("control")
    # The group first: what is delivered meanwhile can then only be taken for not delivered.
    group = groups.of(connection.xinfo_groups(kind.stream), kind)
    if group is None:
        return [Standing(State.NO_GROUP) for _ in identifiers]
    seconds, micros = connection.time()
    pipeline = connection.pipeline(transaction=False)
    for each in identifiers:
        pipeline.xpending_range(kind.stream, kind.group, min=each, max=each, count=1)
    delivered, now_ms = ids.of(group["last-delivered-id"]), seconds * 1000 + micros // 1000
    return [
        _one(pending, is_delivered=ids.of(each) <= delivered, now_ms=now_ms)
        for each, pending in zip(identifiers, _answers(pipeline), strict=True)
    ]


def _answers(pipeline: "redis.client.Pipeline") -> list[Any]:
    found: list[Any] = pipeline.execute()
    return found


def _one(pending: list[Any], *, is_delivered: bool, now_ms: int) -> Standing:
    if pending:
        [told] = pending
        return Standing(
            State.PENDING, told["consumer"].decode(), now_ms - told["time_since_delivered"], told["times_delivered"]
        )
    return Standing(State.ACKNOWLEDGED if is_delivered else State.UNDELIVERED)
