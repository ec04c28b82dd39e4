"""Trims streams below everything that is delivered and acknowledged, after a retention."""

import logging
import time

import redis
from django.conf import settings

from streaming.registry import Kind

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


def trim(connection: redis.Redis, kind: Kind, *, now: float | None = None) -> int:
    """Remove entries of `kind` that are stored and older than the retention; returns how many. On any doubt: none.

    Below the last delivered, the oldest pending and the retention, all of one moment. MINID, never MAXLEN: a length
    says nothing about what is stored.
    """
    kept_ms = int(((time.time() if now is None else now) - settings.STREAM_RETENTION_MINUTES * 60) * 1000)
    try:
        return int(connection.eval(TRIM, 1, kind.stream, kind.group, f"{kept_ms}-0"))
    except redis.RedisError as error:
        log.info("%s is not trimmed: %s", kind.stream, error)
        return 0
