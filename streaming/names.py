"""The names of consumers in the groups: who has what pending, and no name that nobody uses any more."""

import logging
from typing import Any

import redis

from ljwx.redis import SLOT_KEY, says_missing
from streaming.registry import Kind

log = logging.getLogger(__name__)

GONE_MS = 60_000

# XGROUP DELCONSUMER destroys what is pending for the name: it is asked and removed in one step.
FORGET = """
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1
"""


def pending(connection: redis.Redis, kind: Kind) -> dict[str, int]:
    """Entries delivered and not acknowledged, by the name of the consumer. Raises redis.RedisError."""
    return {each["name"].decode(): each["pending"] for each in _consumers(connection, kind)}


def forget(connection: redis.Redis, kind: Kind, name: str) -> bool:
    """Remove a consumer's name from the group; False when entries are pending for it, which then stay.

    Harmless for a consumer that lives: reading brings its name back. Raises redis.RedisError.
    """
    try:
        return bool(connection.eval(FORGET, 1, kind.stream, kind.group, name))
    except redis.ResponseError as error:
        if "NOGROUP" in str(error):
            return True
        raise


def sweep(connection: redis.Redis, kind: Kind) -> list[str]:
    """Remove the names that nobody holds, nobody has used for a minute and nothing is pending for; returns them."""
    try:
        gone = [each["name"].decode() for each in _consumers(connection, kind) if each["idle"] > GONE_MS]
        return [
            name for name in gone if not connection.exists(SLOT_KEY.format(name)) and forget(connection, kind, name)
        ]
    except redis.RedisError as error:
        log.info("the names in %s are not swept: %s", kind.group, error)
        return []


def _consumers(connection: redis.Redis, kind: Kind) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = connection.xinfo_consumers(kind.stream, kind.group)
        return found
    except redis.ResponseError as error:
        if "NOGROUP" in str(error) or says_missing(error):
            return []
        raise
