"""The commands for streams of a Redis in memory, but for those of consumer groups."""

from collections.abc import Mapping
from typing import Any

from redis.exceptions import ResponseError

from tests.simulation.keys import Keys, Value, raw
from tests.simulation.stream import FIRST, LAST, Id, Stream, parsed, text


class Streams(Keys):
    """Streams whose nodes hold `node_most` entries: an approximate trim removes whole nodes."""

    def __init__(self, *, node_most: int = 100) -> None:
        super().__init__()
        self.node_most = node_most

    def stream(self, name: Value) -> Stream | None:
        return self._typed(name, Stream)

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
        found = stream.between(bound(min, least=True), bound(max, least=False))
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

    def _existing(self, name: Value) -> Stream:
        stream = self.stream(name)
        if stream is None:
            raise ResponseError("no such key")
        return stream


def bound(value: Value, *, least: bool) -> Id:
    """The end of a range: `(` leaves its id out; milliseconds alone mean all of them."""
    content = raw(value)
    if content.startswith(b"("):
        milliseconds, sequence = parsed(content[1:], sequence=0 if least else LAST[1])
        return (milliseconds, sequence + 1) if least else (milliseconds, sequence - 1)
    return parsed(content, sequence=0 if least else LAST[1])
