"""Where each consumer group is in its stream."""

from typing import Any

import msgspec
import redis

from ljwx.redis import says_missing
from streaming import groups, names
from streaming.registry import Kind

NAME = "streams.jsonl.gz"
START = "0-0"


class Position(msgspec.Struct, frozen=True):
    """One stream and its group. `delivered`: the last id that a consumer was given; `last`: the last that was ever
    appended; both 0-0 for a stream or group that is not there. `pending` by the name of the consumer."""

    kind: str
    stream: str
    group: str
    length: int
    last: str
    delivered: str
    pending: dict[str, int]


def read(connection: redis.Redis, kind: Kind) -> Position:
    """The position of `kind` now. Raises redis.RedisError.

    The group is asked first: what is appended between the two questions counts as not delivered.
    """
    empty = Position(kind.name, kind.stream, kind.group, 0, START, START, {})
    try:
        ours = groups.of(connection.xinfo_groups(kind.stream), kind)
        stream: Any = connection.xinfo_stream(kind.stream)
    except redis.ResponseError as error:
        if says_missing(error):
            return empty
        raise
    return msgspec.structs.replace(
        empty,
        length=stream["length"],
        last=stream["last-generated-id"].decode(),
        delivered=ours["last-delivered-id"].decode() if ours else START,
        pending=names.pending(connection, kind) if ours else {},
    )
