"""What is wrong now and a person must see. Raised by whoever finds it, cleared by whoever finds it mended.

Each alarm is logged as CRITICAL when it begins and kept in Redis while it lasts, so that every process and every
command can show it. A Redis that is away keeps nothing, and the log is all there is: telling never fails its caller.
"""

import logging
import time
from dataclasses import dataclass
from typing import Any

import msgspec
import redis

from ljwx.redis import ALARMS_KEY, client

log = logging.getLogger(__name__)

_here: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is wrong. `since`: epoch seconds of its first sight; `name` tells it apart, such as
    `lost:health`."""

    name: str
    text: str
    since: float


def sound(name: str, text: str) -> None:
    """Say that `name` is wrong, with what an operator should know. Said again it keeps its beginning."""
    if _here.get(name) != text:
        log.critical("%s: %s", name, text)
        _here[name] = text
    fields = msgspec.json.encode(Alarm(name, text, time.time()))
    try:
        connection = client("control")
        if not connection.hsetnx(ALARMS_KEY, name, fields):
            held = _read(name, connection.hget(ALARMS_KEY, name))
            if held is not None and held.text != text:
                connection.hset(ALARMS_KEY, name, msgspec.json.encode(Alarm(name, text, held.since)))
    except redis.RedisError as error:
        log.warning("alarm %s can not be kept: %s", name, type(error).__name__)


def clear(name: str) -> None:
    """Say that `name` is well again."""
    if _here.pop(name, None) is not None:
        log.warning("%s: over", name)
    try:
        client("control").hdel(ALARMS_KEY, name)
    except redis.RedisError as error:
        log.warning("alarm %s can not be cleared: %s", name, type(error).__name__)


def standing() -> list[Alarm]:
    """Every alarm that is not cleared, the oldest first. Raises redis.RedisError when it can not be known."""
    found: Any = client("control").hgetall(ALARMS_KEY)
    alarms = [_read(name.decode(), value) for name, value in found.items()]
    return sorted((alarm for alarm in alarms if alarm is not None), key=lambda alarm: (alarm.since, alarm.name))


def _read(name: str, value: Any) -> Alarm | None:
    if value is None:
        return None
    try:
        return msgspec.json.decode(value, type=Alarm)
    except msgspec.MsgspecError:
        return Alarm(name, value.decode(errors="replace"), 0.0)
