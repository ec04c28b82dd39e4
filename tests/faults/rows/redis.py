"""What can become of Redis, and of the way to it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ingest.simulator.dice import Dice
from ljwx.redis import LEDGER_KEY, client
from monitoring import alarms
from streaming import registry
from tests.faults import audit
from tests.faults.row import REDIS, row
from tests.faults.scene import Scene

DROPS = 3


@row("redis-stop", REDIS)
@contextmanager
def stop(scene: Scene, dice: Dice) -> Iterator[None]:
    """Redis ends by SIGTERM and is started again on its data."""
    scene.redis.end()
    yield
    scene.redis.start()


@row("redis-kill", REDIS)
@contextmanager
def kill(scene: Scene, dice: Dice) -> Iterator[None]:
    """Redis with `appendfsync always` ends by SIGKILL and is started again on its data."""
    # With `everysec` it answers without having written while the disk is at the fsync before (docs/decisions/0017).
    client("control").config_set("appendfsync", "always")
    scene.until(lambda: not client("control").info("persistence")["aof_buffer_length"], what="everything is written")
    scene.redis.kill()
    yield
    scene.redis.start()


@row("redis-frozen", REDIS, hold=3.0)
@contextmanager
def frozen(scene: Scene, dice: Dice) -> Iterator[None]:
    """Redis is stopped by SIGSTOP and goes on."""
    scene.redis.signal(signal.SIGSTOP)
    yield
    scene.redis.signal(signal.SIGCONT)


@row("redis-hang", REDIS, hold=3.0)
@contextmanager
def hang(scene: Scene, dice: Dice) -> Iterator[None]:
    """Nothing passes between the processes and Redis; then what was held back does."""
    scene.to_redis.hang()
    yield
    scene.to_redis.go()


@row("redis-slow", REDIS)
@contextmanager
def slow(scene: Scene, dice: Dice) -> Iterator[None]:
    """Every message to and from Redis is late, around the time-out of an append."""
    scene.to_redis.delay(150 + dice.below(200))
    yield
    scene.to_redis.go()


@row("redis-reset", REDIS)
@contextmanager
def reset(scene: Scene, dice: Dice) -> Iterator[None]:
    """Every connection to Redis is cut, each new one too."""
    scene.to_redis.reset()
    yield
    scene.to_redis.go()


@row("redis-refuse", REDIS)
@contextmanager
def refuse(scene: Scene, dice: Dice) -> Iterator[None]:
    """Every connection to Redis is cut and new ones are refused."""
    scene.to_redis.refuse()
    yield
    scene.to_redis.go()


def _dropped(scene: Scene, needle: bytes, *, cuts: bool) -> Iterator[None]:
    """Redis does it, the reply is lost, a few times."""
    before = scene.to_redis.dropped
    scene.to_redis.drop(needle, times=DROPS, cuts=cuts)
    yield
    scene.until(lambda: scene.to_redis.dropped > before)
    scene.to_redis.go()


@row("redis-append-reply-cut", REDIS)
@contextmanager
def append_cut(scene: Scene, dice: Dice) -> Iterator[None]:
    """The connection is cut instead of the reply to XADD."""
    yield from _dropped(scene, b"XADD", cuts=True)


@row("redis-append-reply-silent", REDIS)
@contextmanager
def append_silent(scene: Scene, dice: Dice) -> Iterator[None]:
    """The reply to XADD never comes, on an open connection."""
    yield from _dropped(scene, b"XADD", cuts=False)


@row("redis-read-reply-cut", REDIS, percentage=100)
@contextmanager
def read_cut(scene: Scene, dice: Dice) -> Iterator[None]:
    """The connection is cut instead of the reply to XREADGROUP: entries are delivered to nobody."""
    yield from _dropped(scene, b"XREADGROUP", cuts=True)


@row("redis-acknowledge-reply-cut", REDIS, percentage=100)
@contextmanager
def acknowledge_cut(scene: Scene, dice: Dice) -> Iterator[None]:
    """The connection is cut instead of the reply to XACK."""
    yield from _dropped(scene, b"XACK", cuts=True)


@row("redis-full", REDIS, percentage=100)
@contextmanager
def full(scene: Scene, dice: Dice) -> Iterator[None]:
    """Redis reaches maxmemory and refuses to write."""
    control = client("control")
    control.config_resetstat()
    control.config_set("maxmemory", "1mb")
    yield
    assert _errors("OOM"), "nothing was refused"
    control.config_set("maxmemory", "0")


@row("redis-group-gone", REDIS, percentage=100)
@contextmanager
def group_gone(scene: Scene, dice: Dice) -> Iterator[None]:
    """XGROUP DESTROY of every group under load."""
    control = client("control")
    control.config_resetstat()
    for kind in registry.kinds():
        control.xgroup_destroy(kind.stream, kind.group)
    yield
    scene.until(lambda: all(control.xinfo_groups(kind.stream) for kind in registry.kinds()))
    assert _errors("NOGROUP"), "nobody noticed"


@row("redis-wrong-type", REDIS, percentage=100)
@contextmanager
def wrong_type(scene: Scene, dice: Dice) -> Iterator[None]:
    """A text lies where each stream was; then the streams are put back."""
    control = client("control")
    control.config_resetstat()
    streams = [kind.stream for kind in registry.kinds()]
    away = control.pipeline(transaction=True)
    for stream in streams:
        away.rename(stream, f"aside:{stream}").set(stream, "text")
    away.execute()
    yield
    assert _errors("WRONGTYPE"), "nobody noticed"
    back = control.pipeline(transaction=True)
    for stream in streams:
        back.rename(f"aside:{stream}", stream)
    back.execute()


# Every entry that is undelivered or pending, with its content: what FLUSHALL takes.
UNSTORED = """
local group = redis.call('XINFO', 'GROUPS', KEYS[1])[1]
local found, delivered = {}, group[8]
for _, pending in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 100000)) do
  found[#found + 1] = redis.call('XRANGE', KEYS[1], pending[1], pending[1])[1]
end
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. delivered, '+')) do found[#found + 1] = entry end
return found
"""


# What has become of entries, which FLUSHALL takes too.
COUNTED = """
local found = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
  local held = redis.call('HGETALL', key)
  for i = 1, #held, 2 do found[#found + 1] = {key, held[i], held[i + 1]} end
end
return found
"""


@row("redis-flushed", REDIS, percentage=100)
@contextmanager
def flushed(scene: Scene, dice: Dice) -> Iterator[None]:
    """FLUSHALL, which may lose what is not stored yet: with exactly those entries put back nothing is missing."""
    control = client("control")
    kinds = registry.kinds()
    stopped = list(scene.workers())
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    scene.until(lambda: scene.backlog() > 5)
    taking: Any = control.pipeline(transaction=True)
    taking.eval(COUNTED, 0, LEDGER_KEY.format("*", "*"))
    for kind in kinds:
        taking.eval(UNSTORED, 1, kind.stream, kind.group)
    counted, *found, _done = taking.flushall().execute()
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    yield
    scene.until(lambda: all(control.exists(kind.stream) and control.xinfo_groups(kind.stream) for kind in kinds))
    scene.until(lambda: any(alarm.name == "group:health" for alarm in alarms.standing()), what="an alarm that stays")
    assert any(found), "there was nothing to lose"
    scene.until(lambda: audit.missing(scene.began), what="the ledger tells of the loss")
    for key, name, count in counted:
        control.hincrby(key, name, count)
    for kind, entries in zip(kinds, found, strict=True):
        for _identifier, (name, data) in entries:
            control.xadd(kind.stream, {name: data})


def _errors(name: str) -> int:
    """How often Redis has answered with this error since the statistics were reset."""
    found: Any = client("control").info("errorstats").get(f"errorstat_{name}", {})
    return int(found.get("count", 0))
