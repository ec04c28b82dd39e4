"""How a test waits: for a state, never for a time."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(state: Callable[[], T], *, within: float = 20.0) -> T:
    """What `state` returns as soon as that is true. Fails after `within` seconds, naming the last answer."""
    deadline = time.monotonic() + within
    pause = threading.Event()
    while not (answer := state()):
        assert time.monotonic() < deadline, f"not so after {within:g} s; the last answer was {answer!r}"
        pause.wait(0.02)
    return answer
