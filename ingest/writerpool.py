"""Legacy writes of an event loop: a bounded pool of threads with persistent database connections."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import close_old_connections, connections

from ingest.accept import CanNotAccept

# Of the time an upload has, so much may be waiting for a thread: beyond that it is refused at once.
MOST_OF_DEADLINE = 0.8
# How much a single write moves the measured mean.
WEIGHT = 0.05


class WriterPool:
    """At most `writers` writes at once. An upload that would wait too long, by the measured time of a write, is refused
    at once; one that waits too long all the same is refused when its time is over.

    A write that has begun goes on although its upload was refused: "refused" says "send it again", not "not stored".
    """

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, writers: int) -> None:
        self._writers = writers
        self._under_way = 0
        self._mean_s = 0.0
        self._threads = ThreadPoolExecutor(writers, thread_name_prefix="writer")

    async def run(self, write: Callable[[], None], *, within: float) -> None:
        """Run `write` in a thread and wait for it, at most `within` seconds. Raises what it raises, or CanNotAccept."""
        if self.expected_wait_s() > MOST_OF_DEADLINE * within:
            raise CanNotAccept
        loop = asyncio.get_running_loop()
        self._under_way += 1
        try:
            writing = self._threads.submit(self._timed, write)
        except RuntimeError as error:
            self._under_way -= 1
            raise CanNotAccept from error
        writing.add_done_callback(lambda _: self._tell(loop))
        try:
            await asyncio.wait_for(asyncio.wrap_future(writing), within)
        except TimeoutError as error:
            raise CanNotAccept from error

    def expected_wait_s(self) -> float:
        """Seconds that a write would wait for a thread now."""
        return max(0, self._under_way - self._writers + 1) * self._mean_s / self._writers

    async def aclose(self) -> None:
        """Wait for the writes under way, then close every thread's connection."""
        together = Barrier(len(self._threads._threads) or 1)

        def close() -> None:
            # Each thread waits for the others, so that none closes twice and one not at all.
            together.wait()
            connections.close_all()

        for _ in range(together.parties):
            self._threads.submit(close)
        await asyncio.to_thread(self._threads.shutdown)

    def _timed(self, write: Callable[[], None]) -> None:
        started = self.clock()
        try:
            close_old_connections()
            write()
        finally:
            # Several threads may do this at once: the mean then misses one of them, which it bears.
            self._mean_s += WEIGHT * (self.clock() - started - self._mean_s)

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._ended)

    def _ended(self) -> None:
        self._under_way -= 1
