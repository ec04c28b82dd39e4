"""The dead-letter budget: a bad deployment must not bury the fleet."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import redis

from ljwx.redis import BUDGET_KEY
from monitoring import alarms
from streaming.failures import Exhausted, Unavailable

log = logging.getLogger(__name__)

WINDOW_S = 300
SLICE_S = 10
LEAST = 50
SHARE = 0.05

# Counts what was handled, and takes ARGV[4] burials from the budget unless that exhausts it. Fields of the hash:
# `{kind}:h:{slice}` handled, `{kind}:b:{slice}` buried, `{kind}:stopped` why, `{kind}:allowed` who said go on,
# `{kind}:granted` how many more that person lets be buried beyond the budget.
COUNT = """
redis.call('HDEL', KEYS[1], '') -- a full Redis refuses HINCRBY, but not to a script that has written before
local kind, slice, oldest = ARGV[1], ARGV[2], tonumber(ARGV[3])
local burials, more = tonumber(ARGV[4]), tonumber(ARGV[5])
if more > 0 then redis.call('HINCRBY', KEYS[1], kind .. ':h:' .. slice, more) end
local stopped = redis.call('HGET', KEYS[1], kind .. ':stopped')
if stopped or burials == 0 then return stopped end
local sums = {h = 0, b = 0}
local held = redis.call('HGETALL', KEYS[1])
for i = 1, #held, 2 do
  local whose, what, when = string.match(held[i], '^(.*):([hb]):(%d+)$')
  if whose == kind then
    if tonumber(when) <= oldest then redis.call('HDEL', KEYS[1], held[i])
    else sums[what] = sums[what] + tonumber(held[i + 1]) end
  end
end
local allowed = math.max(tonumber(ARGV[6]), math.floor(tonumber(ARGV[7]) * sums.h))
if sums.b + burials > allowed then
  if tonumber(redis.call('HGET', KEYS[1], kind .. ':granted') or 0) >= burials then
    redis.call('HINCRBY', KEYS[1], kind .. ':granted', -burials)
    return false
  end
  stopped = string.format('%d records would be buried in 5 min, %d may be', sums.b + burials, allowed)
  redis.call('HSET', KEYS[1], kind .. ':stopped', stopped)
  return stopped
end
redis.call('HINCRBY', KEYS[1], kind .. ':b:' .. slice, burials)
return false
"""
ALLOW = """
local stopped = redis.call('HGET', KEYS[1], ARGV[1] .. ':stopped')
redis.call('HDEL', KEYS[1], ARGV[1] .. ':stopped')
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.match(field, '^(.*):b:%d+$') == ARGV[1] then redis.call('HDEL', KEYS[1], field) end
end
redis.call('HSET', KEYS[1], ARGV[1] .. ':allowed', ARGV[2], ARGV[1] .. ':granted', ARGV[3])
return stopped
"""


class Budget:
    """How many records the consumers may bury: per kind at most max(50, 5 % of what they handled) in 5 minutes.

    What counts is found at storing: what the database refuses, what can not be read, what meets a fault of the code.
    What the edge rejected and what devices sent twice with other values do not. The count is Redis', so it is one for
    all consumers and survives their restarts. Exhausted it stays so until `allow`.
    """

    clock: Callable[[], float] = staticmethod(time.time)

    def __init__(self, connection: redis.Redis) -> None:
        self._connection = connection
        self._handled: Counter[str] = Counter()

    def handled(self, kind: str, records: int) -> None:
        """Count records that were stored or buried; `tell` and `spend` pass it on."""
        self._handled[kind] += records

    def tell(self) -> None:
        """Pass on what was handled. Raises redis.RedisError."""
        for kind, records in list(self._handled.items()):
            if records:
                self._count(kind, 0)

    def spend(self, kind: str, burials: int) -> None:
        """Take `burials` from the budget before their COMMIT. Raises Exhausted with nothing taken, or Unavailable."""
        try:
            stopped = self._count(kind, burials)
        except redis.RedisError as error:
            raise Unavailable(f"the dead-letter budget can not be asked: {type(error).__name__}") from error
        if stopped:
            raise Exhausted(f"{kind}: {stopped}")

    def stopped(self, kinds: Sequence[str]) -> dict[str, str]:
        """The kinds whose budget is exhausted, each with the reason. Raises redis.RedisError."""
        held: Any = self._connection.hmget(BUDGET_KEY, [f"{kind}:stopped" for kind in kinds])
        return {kind: text.decode() for kind, text in zip(kinds, held, strict=True) if text is not None}

    def _count(self, kind: str, burials: int) -> str:
        slice_, records = int(self.clock() // SLICE_S), self._handled[kind]
        stopped: Any = self._connection.eval(
            COUNT, 1, BUDGET_KEY, kind, slice_, slice_ - WINDOW_S // SLICE_S, burials, records, LEAST, SHARE
        )
        self._handled[kind] -= records
        return stopped.decode() if stopped else ""


def alarm(kind: str) -> str:
    """The name of the alarm that stands while the budget of `kind` is exhausted."""
    return f"budget:{kind}"


def allow(connection: redis.Redis, kind: str, *, actor: str, reason: str, records: int = 0) -> bool:
    """Let consumers of `kind` go on with a fresh budget, and bury `records` beyond it; whether they were stopped.

    Raises redis.RedisError.
    """
    stopped = connection.eval(ALLOW, 1, BUDGET_KEY, kind, f"{time.time():.0f} {actor}: {reason}", records)
    alarms.clear(alarm(kind))
    log.warning("dead letters of %s, %d beyond the budget, are allowed by %s: %s", kind, records, actor, reason)
    return stopped is not None
