"""Strings and hashes of a Redis in memory, and how keys expire."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis.exceptions import ResponseError

from tests.simulation.scripts import SCRIPTS

Value = Any
WRONGTYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"


def raw(value: Value) -> bytes:
    """A value as it travels."""
    return value if type(value) is bytes else str(value).encode()


class Keys:
    """The keys of one Redis. Each command is a method; the replies are redis-py's (RESP2, bytes)."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.keys: dict[bytes, Any] = {}
        self.expires: dict[bytes, int] = {}

    def get(self, name: Value) -> bytes | None:
        return self._typed(name, bytes)

    def set(
        self, name: Value, value: Value, ex: int | None = None, px: int | None = None, nx: bool = False
    ) -> bool | None:
        self._expire()
        if nx and raw(name) in self.keys:
            return None
        self.keys[raw(name)] = raw(value)
        self.expires.pop(raw(name), None)
        if ex or px:
            self.expires[raw(name)] = self.now_ms + (px or 1000 * (ex or 0))
        return True

    def delete(self, *names: Value) -> int:
        self._expire()
        return sum(self.keys.pop(raw(name), None) is not None for name in names)

    def exists(self, *names: Value) -> int:
        self._expire()
        return sum(raw(name) in self.keys for name in names)

    def expire(self, name: Value, time: int) -> bool:
        self._expire()
        if raw(name) not in self.keys:
            return False
        self.expires[raw(name)] = self.now_ms + 1000 * int(time)
        return True

    def hset(
        self, name: Value, key: Value = None, value: Value = None, mapping: Mapping[Value, Value] | None = None
    ) -> int:
        held = self._hash(name)
        before = len(held)
        pairs = dict(mapping or {})
        if key is not None:
            pairs[key] = value
        held.update({raw(field): raw(content) for field, content in pairs.items()})
        return len(held) - before

    def hsetnx(self, name: Value, key: Value, value: Value) -> int:
        return 0 if raw(key) in (self._typed(name, dict) or {}) else self.hset(name, key, value)

    def hincrby(self, name: Value, key: Value, amount: int = 1) -> int:
        found = int((self._typed(name, dict) or {}).get(raw(key), 0)) + amount
        self.hset(name, key, found)
        return found

    def hget(self, name: Value, key: Value) -> bytes | None:
        return (self._typed(name, dict) or {}).get(raw(key))

    def hgetall(self, name: Value) -> dict[bytes, bytes]:
        return dict(self._typed(name, dict) or {})

    def hdel(self, name: Value, *keys: Value) -> int:
        held = self._typed(name, dict) or {}
        gone = sum(held.pop(raw(key), None) is not None for key in keys)
        if not held:
            self.keys.pop(raw(name), None)
        return gone

    def hmget(self, name: Value, keys: Sequence[Value]) -> list[bytes | None]:
        held = self._typed(name, dict) or {}
        return [held.get(raw(key)) for key in keys]

    def eval(self, script: str, numkeys: int, *values: Value) -> Value:
        """A script of the project, by what it does: see scripts.py."""
        return SCRIPTS[script](self, *values)

    def _typed(self, name: Value, kind: type[Any]) -> Any:
        if self.expires:
            self._expire()
        value = self.keys.get(raw(name))
        if value is not None and not isinstance(value, kind):
            raise ResponseError(WRONGTYPE)
        return value

    def _expire(self) -> None:
        for name in [name for name, moment in self.expires.items() if moment <= self.now_ms]:
            self.keys.pop(name, None)
            del self.expires[name]

    def _hash(self, name: Value) -> dict[bytes, bytes]:
        held: dict[bytes, bytes] | None = self._typed(name, dict)
        if held is None:
            held = self.keys[raw(name)] = {}
        return held
