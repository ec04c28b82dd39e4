"""What a consumer tells of itself: once a second, for fifteen."""

import logging
import os
import time
from collections.abc import Sequence

import redis

from ljwx.redis import CONSUMER_KEY
from streaming.registry import Kind
from streaming.storing import Tally

log = logging.getLogger(__name__)

BEAT_LIFE_S = 15


def beat(connection: redis.Redis, name: str, *, kinds: Sequence[Kind], total: Tally, error: str) -> None:
    """Tell who lives and what it did. Raises redis.RedisError."""
    key = CONSUMER_KEY.format(name)
    pipeline = connection.pipeline(transaction=False)
    pipeline.hset(
        key,
        mapping={
            "pid": os.getpid(),
            "kinds": ",".join(kind.name for kind in kinds),
            "stored": total.new,
            "duplicates": total.duplicates,
            "dead": total.dead,
            "error": error,
            "beat": f"{time.time():.3f}",
        },
    )
    pipeline.expire(key, BEAT_LIFE_S)
    try:
        pipeline.execute()
    except redis.ResponseError as refused:
        # A full Redis refuses this write but lets entries be read and acknowledged: go on and drain it.
        log.warning("%s can not tell that it lives: %s", name, refused)
