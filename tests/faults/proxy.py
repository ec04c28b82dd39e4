"""A proxy that does to the bytes between a process and its server what a network does on a bad day."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Address = Path | tuple[str, int]

CHUNK = 1 << 16
PATIENCE_S = 20.0


@dataclass(slots=True, eq=False)
class Link:
    """One connection. `mute`: what the server says is dropped, and the connection cut if `cuts`."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    mute: bool = False
    cuts: bool = False
    tail: bytes = b""

    def abort(self) -> None:
        """Close both ends at once, whatever is still to be sent."""
        for writer in (self.client, self.server):
            if writer is not None:
                writer.transport.abort()


@dataclass(slots=True)
class Drop:
    """Lose the reply to a request that contains `needle`: the server does it, the client never hears so."""

    needle: bytes
    cuts: bool
    left: int


@dataclass(slots=True, eq=False)
class Proxy:
    """Listens at `front` and forwards to `back`: a Unix socket's path, or host and port. In a thread of its own.

    Every method may be called from any thread, and holds for connections that are open and that come.
    """

    front: Address
    back: Address
    dropped: int = 0
    forwarded: int = 0
    _links: set[Link] = field(default_factory=set)
    _drops: list[Drop] = field(default_factory=list)
    _delay_s: float = 0.0
    _resets: bool = False
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _flows: asyncio.Event = field(default_factory=asyncio.Event)
    _listener: asyncio.Server | None = None

    @contextlib.contextmanager
    def running(self) -> Iterator["Proxy"]:
        """Forwards inside; every connection is cut at the end."""
        thread = threading.Thread(target=self._loop.run_forever, name=f"proxy {self.front}", daemon=True)
        thread.start()
        try:
            self._call(self._listen())
            yield self
        finally:
            self._call(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(PATIENCE_S)
            self._loop.close()

    def go(self) -> None:
        """Forward everything again. What a hang has held back goes on; muted connections are cut."""
        self._call(self._go())

    def delay(self, milliseconds: float) -> None:
        """Hold every piece of data back for this long, in both directions."""
        self._delay_s = milliseconds / 1000

    def hang(self) -> None:
        """Take connections and data, forward nothing."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def reset(self) -> None:
        """Cut every connection, and each new one as soon as it is made."""
        self._resets = True
        self.cut()

    def refuse(self) -> None:
        """Cut every connection and listen no more."""
        self._call(self._refuse())

    def cut(self) -> None:
        """Cut every connection once; new ones are fine."""
        self._call(self._cut())

    def drop(self, needle: bytes, *, times: int = 1, cuts: bool = True) -> None:
        """Forward each of the next `times` requests that contain `needle`, and drop the reply: the connection is then
        cut, or, unless `cuts`, stays open and silent."""
        self._drops.append(Drop(needle, cuts, times))

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    async def _listen(self) -> None:
        self._flows.set()
        if isinstance(self.front, Path):
            self.front.unlink(missing_ok=True)
            self._listener = await asyncio.start_unix_server(self._serve, str(self.front), backlog=1024)
        else:
            self._listener = await asyncio.start_server(self._serve, *self.front, backlog=1024)

    async def _go(self) -> None:
        self._delay_s, self._resets = 0.0, False
        self._drops.clear()
        for link in [link for link in self._links if link.mute]:
            link.abort()
        self._flows.set()
        if self._listener is None:
            await self._listen()

    async def _refuse(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        await self._cut()

    async def _cut(self) -> None:
        for link in list(self._links):
            link.abort()

    async def _close(self) -> None:
        await self._refuse()
        self._flows.set()
        self._resets = True
        if others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=PATIENCE_S / 2)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(writer)
        self._links.add(link)
        try:
            if self._resets:
                return
            await self._flows.wait()
            if isinstance(self.back, Path):
                back, link.server = await asyncio.open_unix_connection(str(self.back))
            else:
                back, link.server = await asyncio.open_connection(*self.back)
            up = asyncio.create_task(self._up(link, reader, link.server))
            down = asyncio.create_task(self._down(link, back))
            await asyncio.wait([up, down], return_when=asyncio.FIRST_COMPLETED)
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
        except OSError:
            pass  # the server is away: so is this connection
        finally:
            self._links.discard(link)
            link.abort()

    async def _up(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await self._take(reader):
            self._watch(link, data)
            writer.write(data)
            await writer.drain()

    async def _down(self, link: Link, reader: asyncio.StreamReader) -> None:
        while data := await self._take(reader):
            if not link.mute:
                link.client.write(data)
                await link.client.drain()
            elif link.cuts:
                return

    async def _take(self, reader: asyncio.StreamReader) -> bytes:
        data = await reader.read(CHUNK)
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        await self._flows.wait()
        self.forwarded += 1
        return data

    def _watch(self, link: Link, data: bytes) -> None:
        """Mute the connection if this is a request whose reply is to be dropped."""
        for drop in self._drops:
            # A needle may be split between two pieces; one that lies in the first alone was seen before.
            seen = link.tail[len(link.tail) - len(drop.needle) + 1 :] + data if link.tail else data
            if not link.mute and drop.left and drop.needle in seen:
                drop.left -= 1
                self.dropped += 1
                link.mute, link.cuts = True, drop.cuts
        link.tail = data[-32:]
