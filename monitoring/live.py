"""The live document: what every browser sees. The leader of the controllers publishes it each second; without one each
web process composes its own.

It is a dictionary fit for JSON. `seq` grows, `measured_at` is in seconds since 1970 by the database's clock, `source`
says who composed it.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec
import redis

from ljwx.redis import LIVE_KEY, client

Document = dict[str, Any]

LIFE_MS = 5_000
# A process looks this often at most, and composes one itself this often at most.
LOOK_S, COMPOSE_S = 0.5, 1.0
# No new document for so long: nobody publishes.
SILENT_S = 2.5

_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(document: Document) -> bytes:
    """As JSON: decimals as numbers, times as ISO 8601, dataclasses as objects."""
    return _encoder.encode(document)


def publish(document: Document) -> None:
    """Let every web process have it for the next seconds. Raises redis.RedisError."""
    client("control").set(LIVE_KEY, encode(document), px=LIFE_MS)


def published() -> Document | None:
    """What was published last, at most 5 s ago; None when nothing was. Raises redis.RedisError."""
    found: Any = client("control").get(LIVE_KEY)
    return None if found is None else msgspec.json.decode(found)


class Live:
    """The last document of this process. Safe to ask from several threads: one looks, the others wait for it.

    `compose` makes a document when nobody publishes one; it never raises for a database or Redis that is away.
    """

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self) -> None:
        self.compose: Callable[[], Document] | None = None
        self._lock = threading.Lock()
        self._held: Document | None = None
        self._since = 0.0
        self._looked_at: float | None = None

    def get(self) -> Document:
        """The document, with `age_s`: the seconds since this process first saw it."""
        with self._lock:
            now = self.clock()
            if self._looked_at is None or now - self._looked_at >= LOOK_S:
                self._looked_at = now
                self._look(now)
            return {**(self._held or {}), "age_s": round(max(0.0, self.clock() - self._since), 1)}

    def _look(self, now: float) -> None:
        try:
            found = published()
        except (redis.RedisError, msgspec.MsgspecError):
            found = None
        if found is not None and (self._held is None or found["seq"] > self._held["seq"]):
            self._hold(found)
            return
        if self.compose is not None and (self._held is None or now - self._since >= self._patience()):
            self._hold(msgspec.json.decode(encode(self.compose())))

    def _patience(self) -> float:
        own = self._held is not None and self._held["source"] == "web"
        return COMPOSE_S if own else SILENT_S

    def _hold(self, document: Document) -> None:
        self._held, self._since = document, self.clock()


current = Live()
