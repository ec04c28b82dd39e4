"""Consumer groups: made at 0, so that nothing appended before them is skipped."""

from typing import Any, NamedTuple

import redis

from ljwx.redis import says_missing
from monitoring import alarms
from streaming.registry import Kind


def ensure(connection: redis.Redis, kind: Kind) -> bool:
    """Create the group of `kind` unless it is there; True when it was created. Only BUSYGROUP is ignored."""
    # Looked for first: a full Redis refuses to create even what is there, and consumers must start to drain it.
    if present(connection, kind):
        return False
    try:
        connection.xgroup_create(kind.stream, kind.group, id="0", mkstream=True)
    except redis.ResponseError as error:
        if not str(error).startswith("BUSYGROUP"):
            raise
        return False
    return True


def present(connection: redis.Redis, kind: Kind) -> bool:
    """Whether the group of `kind` is there. Raises redis.RedisError."""
    try:
        return of(connection.xinfo_groups(kind.stream), kind) is not None
    except redis.ResponseError as error:
        if not says_missing(error):
            raise
        return False


def of(told: Any, kind: Kind) -> Any:
    """The group of `kind` in an answer to XINFO GROUPS; None when it is not there."""
    return next((group for group in told if group["name"] == kind.group.encode()), None)


class Reach(NamedTuple):
    """How far a group has come: the last entry that was delivered, and the oldest that is not acknowledged yet."""

    delivered: bytes
    oldest: bytes | None


def reach(connection: redis.Redis, kind: Kind) -> Reach | None:
    """How far the group of `kind` has come; None without one. Both are of one moment: between two commands it could be
    destroyed and made anew, and the new one knows nothing of what the old one had delivered. Raises redis.RedisError.
    """
    pipeline = connection.pipeline(transaction=True)
    pipeline.xinfo_groups(kind.stream)
    pipeline.xpending(kind.stream, kind.group)
    told, pending = pipeline.execute(raise_on_error=False)
    if says_missing(told):
        return None
    for answer in (told, pending):
        if isinstance(answer, redis.RedisError) and not str(answer).startswith("NOGROUP"):
            raise answer
    group = of(told, kind)
    return None if group is None else Reach(group["last-delivered-id"], pending["min"])


def remake(connection: redis.Redis, kind: Kind, *, seen: bytes | None) -> bool:
    """Create a group that was there before and is gone, with an alarm; True when it may end by itself.

    It may when the stream is still there: all of it is read again. With the stream went what was not stored yet, and
    nobody can tell how much that was: a person must look. Uploads make a new stream at once; that it is not the old one
    shows when it lacks the entry that was `seen` last. A shadow that is gone is no alarm: the check says so.
    """
    held = bool(connection.exists(kind.stream))
    if held and seen is not None:
        held = bool(connection.xrange(kind.stream, seen, seen))
    if not ensure(connection, kind):
        return False
    if kind.shadow_of:
        return held
    alarms.sound(
        alarm(kind.name),
        f"the consumer group of {kind.stream} was gone and is made again at 0: "
        + ("all of the stream is read again" if held else "the stream was gone too, with what was not stored yet"),
    )
    return held


def alarm(kind: str) -> str:
    """The name of the alarm that stands after the group of `kind` was gone."""
    return f"group:{kind}"
