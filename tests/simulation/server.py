"""A Redis in memory: the commands that the project uses, with the replies that redis-py (RESP2, bytes) gives.

test_fidelity.py runs random commands against this and against a real Redis and compares every reply. Time is
`now_ms`, which the simulation moves. `old` answers XAUTOCLAIM as Redis 6.2 does.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from redis.exceptions import OutOfMemoryError, ResponseError

from streaming import slots
from tests.simulation.stream import FIRST, LAST, Fields, Group, Id, Pending, Stream, parsed, text

Value = Any
WRONGTYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
GROWING = {"xadd", "xgroup_create", "hset", "hsetnx", "hincrby", "set", "incr", "incrby", "sadd", "zadd"}


def raw(value: Value) -> bytes:
    """A value as it travels."""
    return value if type(value) is bytes else str(value).encode()


class Server:
    """The keys of one Redis. Each command is a method; the replies are redis-py's."""

    def __init__(self, *, old: bool = False, node_most: int = 100) -> None:
        self.old = old
        self.node_most = node_most
        self.now_ms = 0
        self.full = False
        self.safe = True
        self.keys: dict[bytes, Any] = {}
        self.expires: dict[bytes, int] = {}
        self.claimed = 0
        self.redelivered = 0

    def call(self, name: str, *args: Value, **kwargs: Value) -> Value:
        """Run one command; at `maxmemory` those that need memory are refused."""
        if self.full and name in GROWING:
            raise OutOfMemoryError("command not allowed when used memory > 'maxmemory'.")
        return getattr(self, name)(*args, **kwargs)

    # Streams

    def stream(self, name: Value) -> Stream | None:
        return self._typed(name, Stream)

    def group(self, name: Value, group: Value) -> Group | None:
        stream = self.stream(name)
        return stream.groups.get(raw(group)) if stream else None

    def xadd(
        self,
        name: Value,
        fields: Mapping[Value, Value],
        id: Value = "*",
        maxlen: int | None = None,
        approximate: bool = True,
    ) -> bytes:
        stream = self.stream(name)
        last = stream.last if stream else FIRST
        if raw(id) == b"*":
            identifier = max((self.now_ms, 0), (last[0], last[1] + 1))
        elif raw(id).endswith(b"-*"):
            milliseconds = int(raw(id)[:-2])
            identifier = (milliseconds, last[1] + 1 if last[0] == milliseconds else int(milliseconds == 0))
        else:
            identifier = parsed(id)
        if identifier == FIRST:
            raise ResponseError("The ID specified in XADD must be greater than 0-0")
        if identifier <= last:
            raise ResponseError("The ID specified in XADD is equal or smaller than the target stream top item")
        if stream is None:
            stream = self.keys[raw(name)] = Stream(self.node_most)
        stream.append(identifier, {raw(key): raw(value) for key, value in fields.items()})
        if maxlen is not None:
            stream.trim_to(maxlen, approximate=approximate)
        return text(identifier)

    def xlen(self, name: Value) -> int:
        stream = self.stream(name)
        return len(stream.entries) if stream else 0

    def xdel(self, name: Value, *ids: Value) -> int:
        stream = self.stream(name)
        return sum(stream.delete(parsed(each)) for each in ids) if stream else 0

    def xrange(self, name: Value, min: Value = "-", max: Value = "+", count: int | None = None) -> list[Any]:
        stream = self.stream(name)
        if stream is None:
            return []
        found = stream.between(_bound(min, least=True), _bound(max, least=False))
        return [(text(identifier), dict(fields)) for identifier, fields in found][:count]

    def xrevrange(self, name: Value, max: Value = "+", min: Value = "-", count: int | None = None) -> list[Any]:
        return self.xrange(name, min, max)[::-1][:count]

    def xtrim(
        self,
        name: Value,
        maxlen: int | None = None,
        approximate: bool = True,
        minid: Value = None,
    ) -> int:
        stream = self.stream(name)
        if stream is None:
            return 0
        if minid is None:
            return stream.trim_to(int(maxlen or 0), approximate=approximate)
        return stream.trim_below(parsed(minid), approximate=approximate)

    def xread(self, streams: Mapping[Value, Value], count: int | None = None, block: int | None = None) -> list[Any]:
        reply = []
        for name, start in streams.items():
            stream = self.stream(name)
            if stream is None:
                continue
            after = stream.last if raw(start) == b"$" else parsed(start)
            found = [(text(each), dict(fields)) for each, fields in stream.after(after)][:count]
            if found:
                reply.append([raw(name), found])
        return reply

    def xinfo_stream(self, name: Value) -> dict[str, Any]:
        stream = self._existing(name)
        entries = [(text(each), dict(fields)) for each, fields in stream.entries.items()]
        return {
            "length": len(entries),
            "last-generated-id": text(stream.last),
            "groups": len(stream.groups),
            "first-entry": entries[0] if entries else None,
            "last-entry": entries[-1] if entries else None,
        }

    def xinfo_groups(self, name: Value) -> list[dict[str, Any]]:
        return [
            {
                "name": found,
                "consumers": len(group.consumers),
                "pending": len(group.pending),
                "last-delivered-id": text(group.delivered),
            }
            for found, group in sorted(self._existing(name).groups.items())
        ]

    def xinfo_consumers(self, name: Value, groupname: Value) -> list[dict[str, Any]]:
        group = self.group(name, groupname)
        if group is None:
            raise ResponseError(f"NOGROUP No such consumer group '{groupname}' for key name '{name}'")
        return [
            {"name": found, "pending": sum(each.consumer == found for each in group.pending.values())}
            for found in sorted(group.consumers)
        ]

    # Groups

    def xgroup_create(self, name: Value, groupname: Value, id: Value = "$", mkstream: bool = False) -> bool:
        stream = self.stream(name)
        if stream is None:
            if not mkstream:
                raise ResponseError(
                    "The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the "
                    "MKSTREAM option to create an empty stream automatically."
                )
            stream = self.keys[raw(name)] = Stream(self.node_most)
        if raw(groupname) in stream.groups:
            raise ResponseError("BUSYGROUP Consumer Group name already exists")
        stream.groups[raw(groupname)] = Group(stream.last if raw(id) == b"$" else parsed(id))
        return True

    def xgroup_destroy(self, name: Value, groupname: Value) -> int:
        return int(self._existing_group_key(name).groups.pop(raw(groupname), None) is not None)

    def xgroup_delconsumer(self, name: Value, groupname: Value, consumername: Value) -> int:
        group = self._existing_group_key(name).groups.get(raw(groupname))
        if group is None:
            raise ResponseError(f"NOGROUP No such consumer group '{groupname}' for key name '{name}'")
        gone = [each for each, pending in group.pending.items() if pending.consumer == raw(consumername)]
        for identifier in gone:
            del group.pending[identifier]
        group.consumers.discard(raw(consumername))
        return len(gone)

    def xreadgroup(
        self,
        groupname: Value,
        consumername: Value,
        streams: Mapping[Value, Value],
        count: int | None = None,
        block: int | None = None,
    ) -> list[Any]:
        reply = []
        for name, start in streams.items():
            group = self._group(name, groupname, " in XREADGROUP with GROUP option")
            consumer = raw(consumername)
            group.consumers.add(consumer)
            if raw(start) != b">":
                reply.append([raw(name), self._history(name, group, consumer, parsed(start), count)])
                continue
            stream = self._existing(name)
            found = list(stream.after(group.delivered))[:count]
            for identifier, _ in found:
                group.delivered = identifier
                group.pending[identifier] = Pending(consumer, self.now_ms)
            if found:
                reply.append([raw(name), [(text(each), dict(fields)) for each, fields in found]])
        return reply

    def _history(self, name: Value, group: Group, consumer: bytes, start: Id, count: int | None) -> list[Any]:
        stream = self._existing(name)
        found = [each for each in group.from_id((start[0], start[1] + 1)) if group.pending[each].consumer == consumer]
        reply: list[tuple[bytes, Fields]] = []
        for identifier in found[:count]:
            fields = stream.entries.get(identifier)
            if fields is not None:
                self.redelivered += 1
                group.pending[identifier].delivered_ms = self.now_ms
                group.pending[identifier].count += 1
            reply.append((text(identifier), dict(fields or {})))
        return reply

    def xack(self, name: Value, groupname: Value, *ids: Value) -> int:
        group = self.group(name, groupname)
        return sum(group.pending.pop(parsed(each), None) is not None for each in ids) if group else 0

    def xautoclaim(
        self,
        name: Value,
        groupname: Value,
        consumername: Value,
        min_idle_time: int,
        start_id: Value = "0-0",
        count: int | None = None,
        justid: bool = False,
    ) -> list[Any]:
        group = self._group(name, groupname, "")
        stream = self._existing(name)
        consumer = raw(consumername)
        group.consumers.add(consumer)
        left = 100 if count is None else int(count)
        attempts = left * 10
        waiting = group.from_id(parsed(start_id))
        claimed: list[Any] = []
        deleted: list[bytes] = []
        while waiting and attempts and left:
            attempts -= 1
            identifier = waiting.pop(0)
            pending = group.pending[identifier]
            fields = stream.entries.get(identifier)
            if fields is None and not self.old:
                del group.pending[identifier]
                deleted.append(text(identifier))
                left -= 1
                continue
            if self.now_ms - pending.delivered_ms < min_idle_time:
                continue
            self.claimed += pending.consumer != consumer
            pending.consumer, pending.delivered_ms = consumer, self.now_ms
            pending.count += not justid
            claimed.append((None, None) if fields is None else (text(identifier), dict(fields)))
            left -= 1
        cursor = text(waiting[0]) if waiting else b"0-0"
        if justid:
            return [each[0] for each in claimed]
        return [cursor, claimed] if self.old else [cursor, claimed, deleted]

    def xclaim(
        self, name: Value, groupname: Value, consumername: Value, min_idle_time: int, message_ids: Iterable[Value]
    ) -> list[Any]:
        group = self._group(name, groupname, "")
        stream = self._existing(name)
        consumer = raw(consumername)
        group.consumers.add(consumer)
        claimed: list[Any] = []
        for identifier in map(parsed, message_ids):
            pending = group.pending.get(identifier)
            if pending is None:
                continue
            if identifier not in stream.entries:
                del group.pending[identifier]
                continue
            if self.now_ms - pending.delivered_ms < min_idle_time:
                continue
            pending.consumer, pending.delivered_ms = consumer, self.now_ms
            pending.count += 1
            claimed.append((text(identifier), dict(stream.entries[identifier])))
        return claimed

    def xpending(self, name: Value, groupname: Value) -> dict[str, Any]:
        group = self._group(name, groupname, "")
        found = group.from_id(FIRST)
        holders = [group.pending[each].consumer for each in found]
        return {
            "pending": len(found),
            "min": text(found[0]) if found else None,
            "max": text(found[-1]) if found else None,
            "consumers": [{"name": each, "pending": holders.count(each)} for each in sorted(set(holders))],
        }

    def xpending_range(
        self,
        name: Value,
        groupname: Value,
        min: Value,
        max: Value,
        count: int,
        consumername: Value = None,
        idle: int | None = None,
    ) -> list[dict[str, Any]]:
        group = self._group(name, groupname, "")
        rows = [
            {
                "message_id": text(identifier),
                "consumer": pending.consumer,
                "time_since_delivered": self.now_ms - pending.delivered_ms,
                "times_delivered": pending.count,
            }
            for identifier in group.from_id(_bound(min, least=True))
            if identifier <= _bound(max, least=False)
            and (pending := group.pending[identifier])
            and (consumername is None or pending.consumer == raw(consumername))
            and (not idle or self.now_ms - pending.delivered_ms >= idle)
        ]
        return rows[:count]

    # Other keys

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

    def eval(self, script: str, numkeys: int, *values: Value) -> int:
        """The scripts of streaming/slots.py, by what they do."""
        name, token = values[0], raw(values[1])
        holder = self.get(name)
        if script == slots.HOLD:
            if holder is not None and holder != token:
                return 0
            self.set(name, token, px=int(values[2]))
            return 1
        if script == slots.RELEASE:
            return self.delete(name) if holder == token else 0
        raise NotImplementedError(script)

    # The server itself

    def flushdb(self) -> bool:
        self.keys.clear()
        self.expires.clear()
        return True

    def ping(self) -> bool:
        return True

    def info(self, section: str = "") -> dict[str, Any]:
        return {
            "redis_version": "6.2.14" if self.old else "7.0.15",
            "role": "master",
            "maxmemory": 0,
            "maxmemory_policy": "noeviction",
            "used_memory": 1 << 20,
            "aof_enabled": int(self.safe),
            "aof_last_write_status": "ok",
        }

    def config_get(self, pattern: str) -> dict[str, str]:
        return {"appendfsync": "everysec"} if pattern == "appendfsync" else {}

    def execute_command(self, *words: Value) -> Value:
        if [str(word).upper() for word in words[:2]] == ["COMMAND", "INFO"]:
            return {str(word).lower(): {"name": word} for word in words[2:]}
        raise NotImplementedError(words)

    # Within

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

    def _existing(self, name: Value) -> Stream:
        stream = self.stream(name)
        if stream is None:
            raise ResponseError("no such key")
        return stream

    def _existing_group_key(self, name: Value) -> Stream:
        stream = self.stream(name)
        if stream is None:
            raise ResponseError(
                "The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the "
                "MKSTREAM option to create an empty stream automatically."
            )
        return stream

    def _group(self, name: Value, groupname: Value, where: str) -> Group:
        group = self.group(name, groupname)
        if group is None:
            key, found = raw(name).decode(), raw(groupname).decode()
            raise ResponseError(f"NOGROUP No such key '{key}' or consumer group '{found}'{where}")
        return group


def _bound(value: Value, *, least: bool) -> Id:
    """The end of a range: `(` leaves its id out; milliseconds alone mean all of them."""
    content = raw(value)
    if content.startswith(b"("):
        milliseconds, sequence = parsed(content[1:], sequence=0 if least else LAST[1])
        return (milliseconds, sequence + 1) if least else (milliseconds, sequence - 1)
    return parsed(content, sequence=0 if least else LAST[1])
