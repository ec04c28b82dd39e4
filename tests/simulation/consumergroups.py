"""The commands for consumer groups of a Redis in memory."""

from collections.abc import Iterable, Mapping
from typing import Any

from redis.exceptions import ResponseError

from tests.simulation.keys import Value, raw
from tests.simulation.stream import FIRST, Fields, Group, Id, Pending, Stream, parsed, text
from tests.simulation.streams import Streams, bound

NO_KEY = (
    "The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to "
    "create an empty stream automatically."
)


class ConsumerGroups(Streams):
    """`old` claims as Redis 6.2 does: deleted entries stay pending and are handed out as nil; there is no list of them.

    `claimed` and `redelivered` count entries taken from another consumer and given out of a history.
    """

    def __init__(self, *, old: bool = False, node_most: int = 100) -> None:
        super().__init__(node_most=node_most)
        self.old = old
        self.claimed = 0
        self.redelivered = 0

    def group(self, name: Value, group: Value) -> Group | None:
        stream = self.stream(name)
        return stream.groups.get(raw(group)) if stream else None

    def xgroup_create(self, name: Value, groupname: Value, id: Value = "$", mkstream: bool = False) -> bool:
        stream = self.stream(name)
        if stream is None:
            if not mkstream:
                raise ResponseError(NO_KEY)
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
            claimed.append(_handed(identifier, fields, justid=justid))
            left -= 1
        cursor = text(waiting[0]) if waiting else b"0-0"
        if justid:
            return claimed
        return [cursor, claimed] if self.old else [cursor, claimed, deleted]

    def xclaim(
        self,
        name: Value,
        groupname: Value,
        consumername: Value,
        min_idle_time: int,
        message_ids: Iterable[Value],
        retrycount: int | None = None,
        justid: bool = False,
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
            fields = stream.entries.get(identifier)
            if fields is None and not self.old:
                del group.pending[identifier]
                continue
            if self.now_ms - pending.delivered_ms < min_idle_time:
                continue
            pending.consumer, pending.delivered_ms = consumer, self.now_ms
            pending.count = retrycount if retrycount is not None else pending.count + (not justid)
            claimed.append(_handed(identifier, fields, justid=justid))
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
            for identifier in group.from_id(bound(min, least=True))
            if identifier <= bound(max, least=False)
            and (pending := group.pending[identifier])
            and (consumername is None or pending.consumer == raw(consumername))
            and (not idle or self.now_ms - pending.delivered_ms >= idle)
        ]
        return rows[:count]

    def _existing_group_key(self, name: Value) -> Stream:
        stream = self.stream(name)
        if stream is None:
            raise ResponseError(NO_KEY)
        return stream

    def _group(self, name: Value, groupname: Value, where: str) -> Group:
        group = self.group(name, groupname)
        if group is None:
            key, found = raw(name).decode(), raw(groupname).decode()
            raise ResponseError(f"NOGROUP No such key '{key}' or consumer group '{found}'{where}")
        return group


def _handed(identifier: Id, fields: Fields | None, *, justid: bool) -> Any:
    """A claimed entry in the reply."""
    if justid:
        return text(identifier)
    return (None, None) if fields is None else (text(identifier), dict(fields))
