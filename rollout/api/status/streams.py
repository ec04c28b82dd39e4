"""The streams and the server that holds them."""

from collections.abc import Sequence
from typing import Any

from ljwx.redis import client
from streaming import backlog, registry, safety
from streaming.registry import Kind


def all_kinds() -> dict[str, Any]:
    """What is in each stream and what of it is still to be stored. Raises redis.RedisError."""
    return _measured(registry.kinds())


def shadows() -> dict[str, Any]:
    """The same of the streams of mirrored copies, by the kind that they are copies of. Raises redis.RedisError."""
    return _measured(registry.shadows())


def _measured(kinds: Sequence[Kind]) -> dict[str, Any]:
    found = {}
    for kind in kinds:
        measured = backlog.measure(kind)
        found[kind.origin] = {
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
