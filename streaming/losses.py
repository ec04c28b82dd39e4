"""Entries that somebody deleted from a stream before they were stored: counted, and an alarm until acknowledged."""

import logging
from collections.abc import Sequence
from typing import Any

import redis

from ljwx.redis import LOST_KEY
from monitoring import alarms, tallies
from streaming import groups
from streaming.opening import UNKNOWN
from streaming.registry import Kind

log = logging.getLogger(__name__)

# So many, or so large ones, are not counted: everybody waits while Redis does.
MOST_UNREAD = 1_000
MOST_UNREAD_BYTES = 4 << 20

# XACK says how many were still pending: an entry is counted once, whoever finds it. It also lets a full Redis,
# which refuses HINCRBY, take it from a script that has written before.
GONE = """
local gone = redis.call('XACK', KEYS[2], ARGV[2], unpack(ARGV, 3))
if gone == 0 then return 0 end
return redis.call('HINCRBY', KEYS[1], ARGV[1], gone)
"""
ADD = "redis.call('HDEL', KEYS[1], '') return redis.call('HINCRBY', KEYS[1], ARGV[1], ARGV[2])"
# Redis 7's lag is what was ever appended less what was ever read: more than is there unread was deleted unread.
# `{kind}:gap` holds what of it is known. Redis 7.0 goes on showing it; later servers until something is read.
UNREAD = """
local groups = redis.pcall('XINFO', 'GROUPS', KEYS[2])
if groups.err then return 0 end
for _, group in ipairs(groups) do
  local held = {}
  for i = 1, #group, 2 do held[group[i]] = group[i + 1] end
  if held['name'] == ARGV[2] and held['lag'] then
    local unread, bytes, last = 0, 0, held['last-delivered-id']
    repeat
      local page = redis.call('XRANGE', KEYS[2], '(' .. last, '+', 'COUNT', 100)
      for _, entry in ipairs(page) do
        for i = 2, #entry[2], 2 do bytes = bytes + #entry[2][i] end
        last = entry[1]
      end
      unread = unread + #page
      if unread >= tonumber(ARGV[3]) or bytes > tonumber(ARGV[4]) then return 0 end
    until #page < 100
    local gap = math.max(0, held['lag'] - unread)
    local known = tonumber(redis.call('HGET', KEYS[1], ARGV[1] .. ':gap') or 0)
    if gap == known then return 0 end
    redis.call('HDEL', KEYS[1], '')
    redis.call('HSET', KEYS[1], ARGV[1] .. ':gap', gap)
    if gap > known then return redis.call('HINCRBY', KEYS[1], ARGV[1], gap - known) end
  end
end
return 0
"""
ACKNOWLEDGE = """
local lost = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0)
redis.call('HDEL', KEYS[1], ARGV[1])
return lost
"""


class Losses:
    """What a consumer finds to be lost. Every method raises redis.RedisError."""

    def __init__(self, connection: redis.Redis) -> None:
        self._connection = connection

    def pending(self, kind: Kind, identifiers: Sequence[bytes]) -> None:
        """Entries that are pending and have no content: acknowledged and counted, each once."""
        self._tell(kind, self._connection.eval(GONE, 2, LOST_KEY, kind.stream, kind.name, kind.group, *identifiers))

    def claimed(self, kind: Kind, count: int) -> None:
        """Entries that XAUTOCLAIM has found deleted and dropped from the pending ones by itself (Redis 7)."""
        self._tell(kind, self._connection.eval(ADD, 1, LOST_KEY, kind.name, count))

    def unread(self, kind: Kind) -> None:
        """Entries that were deleted before anybody read them, as far as the server lets one know."""
        most = (MOST_UNREAD, MOST_UNREAD_BYTES)
        self._tell(kind, self._connection.eval(UNREAD, 2, LOST_KEY, kind.stream, kind.name, kind.group, *most))

    def _tell(self, kind: Kind, lost: Any) -> None:
        # What a shadow lacks is stored, by the legacy path: the check names the stretch that it can not verify.
        if lost and not kind.shadow_of:
            # Its route is gone with its content.
            tallies.failed(UNKNOWN.path, kind.name, UNKNOWN.epoch, tallies.LOST, records=lost)
            alarms.sound(alarm(kind.name), f"{lost} entries of {kind.stream} were deleted before they were stored")


def alarm(kind: str) -> str:
    """The name of the alarm that stands while losses of `kind` are not acknowledged."""
    return f"lost:{kind}"


def counted(connection: redis.Redis) -> dict[str, int]:
    """Entries lost per kind and not acknowledged. Raises redis.RedisError."""
    held: Any = connection.hgetall(LOST_KEY)
    return {name.decode(): int(count) for name, count in sorted(held.items()) if b":" not in name and int(count)}


def acknowledge(connection: redis.Redis, kind: str, *, actor: str, reason: str) -> int:
    """Say that a person knows of the losses of `kind`; how many they were. Raises redis.RedisError."""
    lost = int(connection.eval(ACKNOWLEDGE, 1, LOST_KEY, kind))
    alarms.clear(alarm(kind))
    alarms.clear(groups.alarm(kind))
    log.warning("%d lost entries of %s are acknowledged by %s: %s", lost, kind, actor, reason)
    return lost
