"""How a drill waits: for a state, a while at most, keeping something up meanwhile."""

import time
from collections.abc import Callable
from typing import TypeVar

from ingest.drill.errors import Interrupted
from ljwx.stopping import Stop

T = TypeVar("T")

LOOK_EVERY_S = 0.2


def nothing() -> None:
    """Nothing is to be kept up."""


def pause(seconds: float, *, stopping: Stop, tend: Callable[[], None] = nothing) -> None:
    """Go on after `seconds`. Raises Interrupted."""
    until(lambda: False, stopping=stopping, within=seconds, tend=tend)


def until(
    state: Callable[[], T], *, stopping: Stop, within: float, tend: Callable[[], None] = nothing
) -> T | None:  # fmt: skip
    """What `state` says as soon as that is true; None after `within` seconds. Raises Interrupted."""
    deadline = time.monotonic() + within
    while not (answer := state()):
        tend()
        if time.monotonic() >= deadline:
            return None
        if stopping.wait(LOOK_EVERY_S):
            raise Interrupted
    return answer
