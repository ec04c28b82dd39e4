"""The Lua scripts of the project in Python: the model of Redis runs these. test_fidelity.py compares them."""

from collections.abc import Callable
from typing import Any

from streaming import acknowledging, budget, losses, retention, slots
from tests.simulation.stream import parsed, text


def hold(server: Any, name: Any, token: Any, life_ms: Any) -> int:
    """streaming.slots.HOLD"""
    if server.get(name) not in {None, str(token).encode()}:
        return 0
    server.set(name, token, px=int(life_ms))
    return 1


def release(server: Any, name: Any, token: Any) -> int:
    """streaming.slots.RELEASE"""
    return server.delete(name) if server.get(name) == str(token).encode() else 0


def count(
    server: Any, name: Any, kind: str, slice_: int, oldest: int, burials: int, more: int, least: int, share: float
) -> bytes | None:
    """streaming.budget.COUNT"""
    if more:
        server.hincrby(name, f"{kind}:h:{slice_}", more)
    stopped = server.hget(name, f"{kind}:stopped")
    if stopped or not burials:
        return stopped
    sums = {"h": 0, "b": 0}
    for field, held in server.hgetall(name).items():
        whose, _, rest = field.decode().partition(":")
        what, _, when = rest.partition(":")
        if whose == kind and what in sums and when.isdigit():
            if int(when) <= oldest:
                server.hdel(name, field)
            else:
                sums[what] += int(held)
    allowed = max(least, int(share * sums["h"]))
    if sums["b"] + burials > allowed:
        if int(server.hget(name, f"{kind}:granted") or 0) >= burials:
            server.hincrby(name, f"{kind}:granted", -burials)
            return None
        text = f"{sums['b'] + burials} records would be buried in 5 min, {allowed} may be"
        server.hset(name, f"{kind}:stopped", text)
        return text.encode()
    server.hincrby(name, f"{kind}:b:{slice_}", burials)
    return None


def gone(server: Any, lost: Any, stream: Any, kind: str, group: Any, *ids: Any) -> int:
    """streaming.losses.GONE"""
    found = server.xack(stream, group, *ids)
    return server.hincrby(lost, kind, found) if found else 0


def add(server: Any, lost: Any, kind: str, number: int) -> int:
    """streaming.losses.ADD"""
    return server.hincrby(lost, kind, number)


def unread(server: Any, lost: Any, stream: Any, *rest: Any) -> int:
    """streaming.losses.UNREAD on a server that does not know its lag."""
    return 0


def acknowledge(server: Any, stream: Any, ledger: Any, group: Any, life_s: int, whats: int, *rest: Any) -> int:
    """streaming.acknowledging.ACKNOWLEDGE"""
    pairs, ids = rest[: 2 * whats], rest[2 * whats :]
    found = server.xack(stream, group, *ids)
    if found:
        for what, count in zip(pairs[::2], pairs[1::2], strict=True):
            server.hincrby(ledger, what, count)
        server.expire(ledger, life_s)
    return int(found)


def trim(server: Any, stream: Any, group: str, kept: str) -> int:
    """streaming.retention.TRIM"""
    if not server.exists(stream):
        return 0
    groups = server.xinfo_groups(stream)
    if [each["name"] for each in groups] != [group.encode()]:
        return 0
    limits = (kept, groups[0]["last-delivered-id"], server.xpending(stream, group)["min"])
    return int(server.xtrim(stream, minid=text(min(parsed(each) for each in limits if each)), approximate=True))


SCRIPTS: dict[str, Callable[..., Any]] = {
    slots.HOLD: hold,
    slots.RELEASE: release,
    budget.COUNT: count,
    losses.GONE: gone,
    losses.ADD: add,
    losses.UNREAD: unread,
    acknowledging.ACKNOWLEDGE: acknowledge,
    retention.TRIM: trim,
}
