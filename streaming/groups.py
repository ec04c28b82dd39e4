"""Consumer groups: made at 0, so that nothing appended before them is skipped."""

import logging

import redis

from streaming.registry import Kind

log = logging.getLogger(__name__)


def ensure(connection: redis.Redis, kind: Kind) -> bool:
    """Create the group of `kind` unless it is there; True when it was created. Only BUSYGROUP is ignored."""
    try:
        connection.xgroup_create(kind.stream, kind.group, id="0", mkstream=True)
    except redis.ResponseError as error:
        if not str(error).startswith("BUSYGROUP"):
            raise
        return False
    return True
