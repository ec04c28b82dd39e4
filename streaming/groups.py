"""Consumer groups: made at 0, so that nothing appended before them is skipped."""

import redis

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
        return any(group["name"] == kind.group.encode() for group in connection.xinfo_groups(kind.stream))
    except redis.ResponseError as error:
        if "no such key" not in str(error).lower():
            raise
        return False


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
