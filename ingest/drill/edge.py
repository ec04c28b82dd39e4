"""What a drill's uploads meet before they are committed. Nothing else does, and without a drill nothing at all."""

import asyncio
from collections.abc import Sequence
from threading import Event
from typing import Protocol

from ingest.drill import arming
from ingest.drill.arming import Armed
from ingest.drill.fault import Fault
from rollout.routes import STREAM

LOOK_EVERY_S = 0.2
_pause = Event()


class Part(Protocol):
    """What a part of an upload says of its device."""

    @property
    def device_sn(self) -> str: ...


Routed = Sequence[tuple[Part, str, int]]


def meet(routed: Routed, *, refused: type[Exception]) -> None:
    """Wait, or raise `refused`, when a drill says so of every part of an upload. Nothing of it is durable then."""
    left = _wait_s(routed, refused)
    while left > 0 and arming.standing(Fault.SLOW) is not None:
        _pause.wait(min(left, LOOK_EVERY_S))
        left -= LOOK_EVERY_S


async def meet_async(routed: Routed, *, refused: type[Exception]) -> None:
    """The same on an event loop."""
    left = _wait_s(routed, refused)
    while left > 0 and arming.standing(Fault.SLOW) is not None:
        await asyncio.sleep(min(left, LOOK_EVERY_S))
        left -= LOOK_EVERY_S


def _wait_s(routed: Routed, refused: type[Exception]) -> float:
    if (errors := arming.standing(Fault.ERRORS)) is not None and _is_of(errors, routed):
        raise refused
    slow = arming.standing(Fault.SLOW)
    return slow.delay_s if slow is not None and _is_of(slow, routed) else 0.0


def _is_of(armed: Armed, routed: Routed) -> bool:
    """Whether every part is of a device of the drill and meant for the stream: an upload that somebody else has a part
    in is spared, and so is the legacy path, whose errors would pass for a shared cause."""
    return bool(routed) and all(path == STREAM and armed.hits(part.device_sn) for part, path, _ in routed)
