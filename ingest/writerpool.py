"""Legacy writes of an event loop: a bounded pool of threads with persistent database connections."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import close_old_connections, connections

from ingest.accept import CanNotAccept

WAITING_PER_WRITER = 64


class WriterPool:
    """At most `writers` writes at once, and a bounded number waiting; beyond that CanNotAccept, at once."""

    def __init__(self, writers: int) -> None:
        self._most = writers * (1 + WAITING_PER_WRITER)
        self._count = 0
        self._threads = ThreadPoolExecutor(writers, thread_name_prefix="writer")

    async def run(self, write: Callable[[], None]) -> None:
        """Run `write` in a thread and wait for it. Raises what it raises, or CanNotAccept when too many wait."""
        if self._count >= self._most:
            raise CanNotAccept
        self._count += 1
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, _with_connection, write)
        finally:
            self._count -= 1

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


def _with_connection(write: Callable[[], None]) -> None:
    close_old_connections()
    write()
