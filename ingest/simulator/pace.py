"""An even rate, shared by many."""

import asyncio
from collections import deque

TICK_S = 0.002


class Pace:
    """Gives turns to those who wait for one, `rate` a second in all. A turn that nobody wants is lost, not saved."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._closed = False

    async def turn(self) -> bool:
        """Wait for a turn; False when there will be none."""
        if self._closed:
            return False
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return await future

    async def run(self, stop: asyncio.Event, *, seconds: float) -> None:
        """Give turns for `seconds` or until `stop`, at most `rate` x `seconds`; then close."""
        clock = asyncio.get_running_loop().time
        started, passed = clock(), 0
        while not stop.is_set() and (elapsed := clock() - started) < seconds:
            due = int(elapsed * self._rate) + 1
            while passed < due and self._waiting:
                self._waiting.popleft().set_result(True)
                passed += 1
            passed = max(passed, due - 1)
            await asyncio.sleep(TICK_S)
        self._closed = True
        while self._waiting:
            self._waiting.popleft().set_result(False)
