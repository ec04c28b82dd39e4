"""Trims streams below everything that is delivered and acknowledged, after a retention."""

import logging
import time
from collections.abc import Sequence
from typing import Any

import redis
from django.conf import settings

from ljwx.redis import TRIMMED_KEY
from streaming.registry import Kind
from streaming.safety import memory_share

log = logging.getLogger(__name__)


# One script, for a group can be destroyed and made anew between two commands: what the old one had delivered and the
# new one does not know to be pending would be removed unstored. Ids are compared as text: a sequence may pass 2^53.
TRIM = """
local function lower(a, b)
  local function padded(id)
    local ms, seq = string.match(id, '^(%d+)-(%d+)$')
    return string.rep('0', 20 - #ms) .. ms .. string.rep('0', 20 - #seq) .. seq
  end
  if padded(b) < padded(a) then return b end
  return a
end
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local groups = redis.call('XINFO', 'GROUPS', KEYS[1])
if #groups ~= 1 then return 0 end
local held = {}
for i = 1, #groups[1], 2 do held[groups[1][i]] = groups[1][i + 1] end
if held['name'] ~= ARGV[1] then return 0 end
local floor = lower(ARGV[2], held['last-delivered-id'])
local oldest = redis.call('XPENDING', KEYS[1], ARGV[1])[2]
if oldest then floor = lower(floor, oldest) end
return redis.call('XTRIM', KEYS[1], 'MINID', '~', floor)
"""


# Of its memory Redis may use so much before less is kept than the retention: below what warns and stops mirroring.
PRESSED = 0.65
# What a round brings it down to, as far as it is the streams' memory.
AIM = 0.55
# What the check needs to judge an entry in time, beyond its grace.
LEAST_S = 60.0


def trim(connection: redis.Redis, kind: Kind, *, now: float | None = None) -> int:
    """Remove entries of `kind` that are stored and older than the retention; returns how many. On any doubt: none.

    Below the last delivered, the oldest pending and the retention, all of one moment. MINID, never MAXLEN: a length
    says nothing about what is stored.
    """
    kept_s = settings.STREAM_RETENTION_MINUTES * 60
    return _remove(connection, kind, int(((time.time() if now is None else now) - kept_s) * 1000))


def relieve(connection: redis.Redis, kinds: Sequence[Kind], *, now: float | None = None) -> int:
    """While Redis uses more than 65 % of its memory, remove what is stored although it is younger than the retention,
    the oldest first, towards 55 %; but not the last moments, which the check has still to judge. Returns how many.

    What is stored must not close the path of what comes. That it may be gone is said before it is: who looks for
    entries must not take that for "there were none". On any doubt: none.
    """
    try:
        share = memory_share(connection.info("memory")) or 0.0
        if share <= PRESSED:
            return 0
        # By the clock that gives the ids: what is said stays said, and a host's may be a day ahead.
        now = float(connection.time()[0]) if now is None else now
    except redis.RedisError as error:
        log.info("how much memory Redis uses is not known: %s", error)
        return 0
    if removed := sum(_keep_less(connection, kind, now, remains=AIM / share) for kind in kinds):
        log.warning("Redis uses %.0f %% of its memory: %d stored entries leave early", share * 100, removed)
    return removed


def _keep_less(connection: redis.Redis, kind: Kind, now: float, *, remains: float) -> int:
    try:
        oldest: Any = connection.xrange(kind.stream, count=1)
        if not oldest:
            return 0
        kept_s = min(now - int(oldest[0][0].split(b"-")[0]) / 1000, settings.STREAM_RETENTION_MINUTES * 60)
        before_ms = int((now - max(kept_s * remains, settings.CHECK_GRACE_S + LEAST_S)) * 1000)
        connection.zadd(TRIMMED_KEY, {kind.stream: before_ms}, gt=True)
    except redis.RedisError as error:
        log.info("%s is not trimmed early: %s", kind.stream, error)
        return 0
    return _remove(connection, kind, before_ms)


def kept_since_ms(connection: redis.Redis, kind: Kind, *, now_ms: int) -> int:
    """Since when (epoch milliseconds) nothing that was stored is trimmed: the retention, or less of it. To be asked
    after looking at the stream: what was gone then is told. Raises redis.RedisError."""
    told = connection.zscore(TRIMMED_KEY, kind.stream)
    return max(0, now_ms - settings.STREAM_RETENTION_MINUTES * 60_000, int(told or 0))


def _remove(connection: redis.Redis, kind: Kind, before_ms: int) -> int:
    try:
        return int(connection.eval(TRIM, 1, kind.stream, kind.group, f"{before_ms}-0"))
    except redis.RedisError as error:
        log.info("%s is not trimmed: %s", kind.stream, error)
        return 0
