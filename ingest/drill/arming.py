"""The fault that is armed: one key of Redis that ends by itself, as every process that can produce it knows it.

Nothing is armed unless the system is the embedded one, the key is there, its serials carry the tag of drills, and its
time is not over. So what a killed drill has armed ends within `LIFE_S`.
"""

import math
import time
from collections.abc import Callable

import msgspec
import redis
from django.conf import settings

from ingest.drill.fault import Fault
from ljwx.background import Refreshed
from ljwx.redis import DRILL_KEY, client

TAG = "DRILL-"
LIFE_S = 10.0
SKEW_S = 1.0
# The simulated devices wait 10 s for an answer.
LONGEST_DELAY_S = 9.0

clock: Callable[[], float] = time.time


class Armed(msgspec.Struct, frozen=True, kw_only=True):
    """A fault in the devices whose serial begins with `prefix`, until `until` (seconds since 1970). `delay_s`: how long
    an upload waits, for *slow*. Raises ValueError for what could meet a device without the tag, or would not end."""

    fault: Fault
    prefix: str
    until: float
    delay_s: float = 0.0

    def __post_init__(self) -> None:
        if not self.prefix.startswith(TAG) or len(self.prefix) == len(TAG):
            raise ValueError(f"a drill's serials begin with {TAG} and something of its own")
        if not math.isfinite(self.until) or self.until - clock() > LIFE_S + SKEW_S:
            raise ValueError(f"a drill's fault ends within {LIFE_S:g} s")
        if not 0 <= self.delay_s <= LONGEST_DELAY_S:
            raise ValueError(f"an upload waits 0 to {LONGEST_DELAY_S:g} s")

    @property
    def stands(self) -> bool:
        """Whether its time is not over."""
        return clock() < self.until

    def hits(self, device_sn: str) -> bool:
        """Whether the device is one of the drill's."""
        return device_sn.startswith(self.prefix)


def load() -> Armed | None:
    """What is armed in Redis; what is not understood arms nothing. Raises redis.RedisError."""
    if not settings.EMBEDDED:
        return None
    data: bytes | None = client("control").get(DRILL_KEY)  # type: ignore[assignment]
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=Armed)
    except msgspec.MsgspecError:
        return None


# A Redis that is away leaves the last word in force, whose time ends all the same.
current: Refreshed[Armed | None] = Refreshed("the drill", load, initial=None, errors=(redis.RedisError,))


def standing(fault: Fault) -> Armed | None:
    """`fault`, when it is armed in this process and its time is not over. Never raises."""
    armed = current.get()
    return armed if armed is not None and armed.fault is fault and armed.stands else None


def arm(fault: Fault, *, prefix: str, delay_s: float = 0.0) -> None:
    """Arm `fault` for `LIFE_S`; again makes it last longer. Raises ValueError, redis.RedisError."""
    armed = Armed(fault=fault, prefix=prefix, until=clock() + LIFE_S, delay_s=delay_s)
    client("control").set(DRILL_KEY, msgspec.json.encode(armed), px=int(LIFE_S * 1000))


def disarm() -> None:
    """Nothing is armed any more; processes know within a second. Raises redis.RedisError."""
    client("control").delete(DRILL_KEY)
