"""Whether somebody else uses the processors."""

import os
import time

import psutil

from bench.tree import cpu_s

MOST_CORES = 0.1
WINDOW_S = 1.0


def outside_cores(window_s: float = WINDOW_S) -> float:
    """Cores that other processes than this one's own used for `window_s` seconds."""
    busy, own, started = _busy_s(), cpu_s(os.getpid()), time.monotonic()
    time.sleep(window_s)
    seconds = time.monotonic() - started
    return max(0.0, (_busy_s() - busy - (cpu_s(os.getpid()) - own)) / seconds)


def settle(*, tries: int) -> float:
    """Wait until no more than `MOST_CORES` are used outside, for `tries` windows at most; the last measurement."""
    for _ in range(tries):
        if (outside := outside_cores()) <= MOST_CORES:
            break
    return round(outside, 2)


def _busy_s() -> float:
    times = psutil.cpu_times()
    return times.user + times.nice + times.system
