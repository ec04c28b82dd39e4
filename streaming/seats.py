"""Which consumers run where: numbered seats, as many as there should be consumers over all hosts."""

import logging
import math
import os
import time
from collections.abc import Callable, Collection
from typing import Any, Protocol

import redis

from ljwx.redis import SEATS_KEY

log = logging.getLogger(__name__)

LIFE_MS = 10_000
SETTLE_S = 3.0

# ARGV: supervisor, life in ms, seats there should be, 1 to take free ones, then the seats it has workers in.
# A seat belongs to a supervisor whose lease has not ended. Returns how many supervisors live, then the seats of this.
# A full Redis refuses HSET, but not to a script that has written before.
CLAIM = """
redis.call('HDEL', KEYS[1], '')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local me, desired = ARGV[1], tonumber(ARGV[3])
redis.call('HSET', KEYS[1], 'at:' .. me, now + ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2] * 6)
local alive, living, owner, known = {}, 0, {}, redis.call('HGETALL', KEYS[1])
for i = 1, #known, 2 do
  local token = string.match(known[i], '^at:(.*)$')
  if not token then
    owner[tonumber(known[i])] = known[i + 1]
  elseif tonumber(known[i + 1]) > now then
    alive[token] = true
    living = living + 1
  else
    redis.call('HDEL', KEYS[1], known[i])
  end
end
local function take(seat)
  if not alive[owner[seat] or ''] then
    redis.call('HSET', KEYS[1], seat, me)
    owner[seat] = me
    return true
  end
end
for i = 5, #ARGV do take(tonumber(ARGV[i])) end
local mine = {living}
for seat, token in pairs(owner) do
  if token == me then mine[#mine + 1] = seat end
end
local room = ARGV[4] == '1' and math.ceil(desired / living) - #mine + 1 or 0
for seat = 1, desired do
  if room > 0 and take(seat) then
    mine[#mine + 1] = seat
    room = room - 1
  end
end
return mine
"""
RELEASE = "if redis.call('HGET', KEYS[1], ARGV[2]) == ARGV[1] then return redis.call('HDEL', KEYS[1], ARGV[2]) end"


class Seats(Protocol):
    """Where a supervisor learns in which seats it should have workers. `shared`: with all hosts."""

    shared: bool

    def claim(self, occupied: Collection[int]) -> set[int]: ...

    def release(self, seat: int) -> None: ...

    def leave(self) -> None: ...


class OwnSeats:
    """A fixed number of seats that no other supervisor knows of."""

    shared = False

    def __init__(self, count: int) -> None:
        self.count = count

    def claim(self, occupied: Collection[int]) -> set[int]:
        return set(range(1, self.count + 1))

    def release(self, seat: int) -> None: ...

    def leave(self) -> None: ...


class SharedSeats:
    """One supervisor's part of the seats 1 to `desired()` that all hosts share.

    Each seat has one supervisor at a time, so the consumers of all hosts together are as many as desired. No
    supervisor keeps more than its fair share, ceil(desired / living supervisors), of which it keeps the lowest. The
    seats of one that is gone are free when its lease ends, or at once when it was a process of this host.
    """

    shared = True
    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, connection: redis.Redis, *, host: str, token: str, desired: Callable[[], int]) -> None:
        self.host = host
        self.token = f"{host}/{os.getpid()}/{token}"
        self._desired = desired
        self._connection = connection
        self._claimed_at: float | None = None
        self._settled_at = 0.0

    def claim(self, occupied: Collection[int]) -> set[int]:
        """The seats in which this supervisor should have workers, renewed for ten seconds. Raises redis.RedisError.

        `occupied`: where it has workers, those included that are ending. After an outage longer than the lease it
        takes no other seat for a moment, so that every supervisor finds its own again.
        """
        now = self.clock()
        if self._claimed_at is None:
            self._bury_predecessors()
        elif now - self._claimed_at > LIFE_MS / 1000:
            self._settled_at = now + SETTLE_S
        desired, may_take = self._desired(), int(now >= self._settled_at)
        reply: Any = self._connection.eval(CLAIM, 1, SEATS_KEY, self.token, LIFE_MS, desired, may_take, *occupied)
        self._claimed_at = now
        living, *mine = reply
        return set(sorted(seat for seat in mine if seat <= desired)[: math.ceil(desired / living)])

    def release(self, seat: int) -> None:
        """Give `seat` back, if it is still ours. Raises redis.RedisError."""
        self._connection.eval(RELEASE, 1, SEATS_KEY, self.token, seat)

    def leave(self) -> None:
        """Give every seat back. Raises redis.RedisError."""
        self._connection.hdel(SEATS_KEY, f"at:{self.token}")

    def _bury_predecessors(self) -> None:
        # Two hosts never share a name, so a process id tells whether a supervisor of this one still runs.
        fields: Any = self._connection.hkeys(SEATS_KEY)
        for field in fields:
            host, _, rest = field.decode(errors="replace").removeprefix("at:").partition("/")
            pid = rest.partition("/")[0]
            if field.startswith(b"at:") and host == self.host and pid.isdecimal() and not _runs(int(pid)):
                log.info("supervisor %s of this host is gone: its seats are free", pid)
                self._connection.hdel(SEATS_KEY, field)


def _runs(pid: int) -> bool:
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
