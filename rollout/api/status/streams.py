"""The streams and the server that holds them."""

from typing import Any

from ljwx.redis import client
from streaming import backlog, registry, safety


def all_kinds() -> dict[str, Any]:
    """What is in each stream and what of it is still to be stored. Raises redis.RedisError."""
    found = {}
    for kind in registry.kinds():
        measured = backlog.measure(kind)
        found[kind.name] = {
            "stream": kind.stream,
            "group": kind.group,
            "length": measured.length,
            "undelivered": measured.undelivered,
            "pending": measured.pending,
            "backlog": measured.total,
            "oldest_s": measured.oldest_s,
            "memory_bytes": client("control").memory_usage(kind.stream) or 0,
        }
    return found


def server() -> list[dict[str, Any]]:
    """Every property of the server that acknowledged entries depend on. Raises redis.RedisError."""
    return [
        {"name": each.name, "ok": each.ok, "closes": each.closes, "value": each.value, "mend": each.mend}
        for each in safety.examine(client("control"))
    ]
