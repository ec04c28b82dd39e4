"""Waiting until the streams are empty."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import redis

from streaming import backlog, registry

EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Drained:
    """Whether every kind had nothing undelivered and nothing pending twice in a row, and how long that took."""

    complete: bool
    seconds: float
    rest: str


def drain(*, within: float, tell: Callable[[str], None]) -> Drained:
    """Wait up to `within` seconds. A Redis that does not answer is not an empty one."""
    started, pause, empty = time.monotonic(), threading.Event(), 0
    while True:
        rest = _rest()
        empty = empty + 1 if not rest else 0
        elapsed = time.monotonic() - started
        if empty == 2 or elapsed >= within:
            return Drained(empty == 2, elapsed, rest)
        tell(rest)
        pause.wait(EVERY_S)


def _rest() -> str:
    try:
        totals = {kind.name: backlog.measure(kind).total for kind in registry.kinds()}
    except redis.RedisError as error:
        return f"Redis does not say: {type(error).__name__}"
    return ", ".join(f"{name}: {total}" for name, total in totals.items() if total)
