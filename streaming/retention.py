"""Trims streams below everything that is delivered and acknowledged, after a retention."""

import logging
import time

import redis
from django.conf import settings

from streaming.registry import Kind

log = logging.getLogger(__name__)


def trim(connection: redis.Redis, kind: Kind, *, now: float | None = None) -> int:
    """Remove entries of `kind` that are stored and older than the retention; returns how many. On any doubt: none.

    last-delivered-id is read first, the oldest pending id second: the other order could remove entries delivered
    in between. MINID, never MAXLEN: a length says nothing about what is stored.
    """
    try:
        groups = connection.xinfo_groups(kind.stream)
        if [group["name"] for group in groups] != [kind.group.encode()]:
            return 0
        delivered = _number(groups[0]["last-delivered-id"])
        oldest = connection.xpending(kind.stream, kind.group)["min"]
        kept_ms = int(((time.time() if now is None else now) - settings.STREAM_RETENTION_MINUTES * 60) * 1000)
        floor = min(delivered, (kept_ms, 0), _number(oldest) if oldest else delivered)
        return int(connection.xtrim(kind.stream, minid=f"{floor[0]}-{floor[1]}", approximate=True))
    except redis.RedisError as error:
        log.info("%s is not trimmed: %s", kind.stream, error)
        return 0


def _number(identifier: bytes) -> tuple[int, int]:
    milliseconds, _, sequence = bytes(identifier).partition(b"-")
    return int(milliseconds), int(sequence or 0)
