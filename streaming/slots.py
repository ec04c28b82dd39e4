"""Stable consumer names: `host:number`, each held by one supervisor at a time."""

import secrets
import socket

import redis
from django.conf import settings

from ljwx.redis import SLOT_KEY

LIFE_MS = 10_000

# Take the key when it is free or ours, and renew it; 1 when it is ours afterwards.
HOLD = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2]) -- a full Redis refuses SET, but not to a script that has written before
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Slots:
    """The slots that one supervisor holds. A stable name finds its own pending entries again after a crash."""

    def __init__(self, connection: redis.Redis, *, host: str = "") -> None:
        self.host = host or settings.CONSUMER_HOST or socket.gethostname()
        self.token = secrets.token_hex(8)
        self._connection = connection

    def name(self, number: int) -> str:
        return f"{self.host}:{number}"

    def hold(self, name: str) -> bool:
        """Take or renew `name`; False when another supervisor holds it. Raises redis.RedisError."""
        return bool(self._connection.eval(HOLD, 1, SLOT_KEY.format(name), self.token, LIFE_MS))

    def take(self, taken: set[str]) -> str:
        """The first free name that is not in `taken`, now held."""
        number = 1
        while (name := self.name(number)) in taken or not self.hold(name):
            number += 1
        return name

    def release(self, name: str) -> None:
        """Give `name` back, if it is still ours."""
        self._connection.eval(RELEASE, 1, SLOT_KEY.format(name), self.token)
