"""An event loop on simulated time, and the asyncio connection of the group commit over the model of Redis."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from typing import Any

import hiredis
from redis.exceptions import ConnectionError

from tests.simulation.client import Call, Network
from tests.simulation.world import World


class Loop(asyncio.SelectorEventLoop):
    """Its clock is the world's, so that a time-out depends on the seed alone."""

    def __init__(self, world: World) -> None:
        self._world = world
        super().__init__()
        # A task of a process that was killed is nobody's loss.
        self.set_exception_handler(lambda loop, context: None)

    def time(self) -> float:
        return self._world.monotonic()


@contextlib.contextmanager
def outside() -> Iterator[None]:
    """Not on the event loop: another simulated process may run, and a database may be used."""
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)


class Pool:
    """Makes connections, as redis.asyncio's pool does."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def make_connection(self) -> "Connection":
        return Connection(self._network)


class Connection:
    """One connection: packed commands in, one reply after the other out. What fails, fails for the rest of it."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._replies: deque[Any] = deque()

    async def connect(self) -> None:
        if self._network.down:
            raise ConnectionError("Error 111 connecting to unix socket. Connection refused.")

    async def disconnect(self, nowait: bool = False) -> None:
        self._replies.clear()

    async def send_packed_command(self, command: bytes, check_health: bool = True) -> None:
        reader = hiredis.Reader()
        reader.feed(command)
        calls: list[Call] = []
        while words := reader.gets():
            name, stream, _, field, data = words
            assert name == b"XADD"
            calls.append(("xadd", (stream, {field: data}), {}))
        with outside():
            self._replies.extend(self._network.replies(calls))

    async def read_response(self) -> Any:
        reply = self._replies.popleft()
        if isinstance(reply, BaseException):
            raise reply
        return reply
