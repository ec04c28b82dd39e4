"""Appends from many requests of one event loop, together: one write to Redis, each answered by its own reply."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import hiredis
import redis.asyncio

from streaming import breaker
from streaming.envelope import FIELD
from streaming.producer import Entry, NotAppended

ROUND_MOST = 1_000
ROUND_BYTES = 4 << 20
# What may wait: more than Redis takes in a second is refused at once, and no device can fill the memory.
QUEUE_MOST = 20_000
QUEUE_BYTES = 128 << 20
DEADLINE_S = 0.5


class _Ticket:
    """The entries of one upload, waiting for their replies."""

    __slots__ = ("entries", "failure", "future", "ids", "size")

    def __init__(self, entries: Sequence[Entry], size: int, future: "asyncio.Future[list[str]]") -> None:
        self.entries = entries
        self.size = size
        self.future = future
        self.ids: list[str] = []
        self.failure: Exception | None = None


class GroupCommit:
    """Appends of one event loop over one connection of a maintained client.

    Guarantee: `append` returns only after Redis has confirmed every entry of that very call, or raises NotAppended:
    at most one outcome each, and no append is ever sent twice. What queues up while a round is under way makes the
    next round. A round that is not confirmed in `DEADLINE_S` fails whole, together with what waits behind it, and its
    connection is dropped, for its replies could not be told apart any more. The breaker then spares others the wait.
    """

    def __init__(self, pool: Callable[[], redis.asyncio.ConnectionPool]) -> None:
        self._make_pool = pool
        self._pool: redis.asyncio.ConnectionPool | None = None
        self._connection: Any = None
        self._queue: deque[_Ticket] = deque()
        self._held = 0
        self._task: asyncio.Task[None] | None = None

    async def append(self, entries: Sequence[Entry]) -> list[str]:
        """Append `entries` in order and return their ids. Raises NotAppended."""
        if not breaker.current.allows():
            raise NotAppended("Redis did not answer a moment ago", unsure=False)
        size = sum([len(entry.data) for entry in entries])
        if len(self._queue) >= QUEUE_MOST or self._held + size > QUEUE_BYTES:
            raise NotAppended("too many appends are waiting", unsure=False)
        ticket = _Ticket(entries, size, asyncio.get_running_loop().create_future())
        self._queue.append(ticket)
        self._held += size
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._rounds())
        return await ticket.future

    async def aclose(self) -> None:
        """Finish what is queued and close the connection."""
        if self._task is not None:
            await self._task
        await self._drop()

    async def _rounds(self) -> None:
        while self._queue:
            tickets = self._next_round()
            try:
                async with asyncio.timeout(DEADLINE_S):
                    await self._round(tickets)
            except (redis.RedisError, OSError, TimeoutError) as error:
                breaker.current.failed()
                await self._drop()
                # What waits behind them would wait in vain, and was never sent.
                self._fail(tickets, f"{type(error).__name__}: {error}", unsure=True)
                self._fail(self._emptied(), f"{type(error).__name__}: {error}", unsure=False)
            except BaseException:
                self._fail(tickets, "the server is stopping", unsure=True)
                self._fail(self._emptied(), "the server is stopping", unsure=False)
                # Replies that were not read would be taken for those of the next round.
                await self._drop()
                raise
            else:
                breaker.current.succeeded()

    def _next_round(self) -> list[_Ticket]:
        tickets: list[_Ticket] = []
        size = 0
        while self._queue and len(tickets) < ROUND_MOST and size < ROUND_BYTES:
            tickets.append(self._queue.popleft())
            size += tickets[-1].size
        self._held -= size
        return tickets

    def _emptied(self) -> Iterable[_Ticket]:
        waiting, self._queue, self._held = self._queue, deque(), 0
        return waiting

    async def _round(self, tickets: Sequence[_Ticket]) -> None:
        connection = await self._connected()
        await connection.send_packed_command(
            b"".join([_command(entry) for ticket in tickets for entry in ticket.entries]), check_health=False
        )
        for ticket in tickets:
            for _ in ticket.entries:
                try:
                    ticket.ids.append((await connection.read_response()).decode())
                except redis.ResponseError as error:
                    ticket.failure = error
            self._settle(ticket)

    def _settle(self, ticket: _Ticket) -> None:
        if ticket.future.done():
            return
        if ticket.failure is None:
            ticket.future.set_result(ticket.ids)
        else:
            # Its other entries may be in the stream.
            unsure = len(ticket.entries) > 1
            ticket.future.set_exception(
                NotAppended(f"{type(ticket.failure).__name__}: {ticket.failure}", unsure=unsure)
            )

    def _fail(self, tickets: Iterable[_Ticket], reason: str, *, unsure: bool) -> None:
        for ticket in tickets:
            if not ticket.future.done():
                ticket.future.set_exception(NotAppended(reason, unsure=unsure))

    async def _connected(self) -> Any:
        if self._connection is None:
            self._pool = self._pool or self._make_pool()
            connection: Any = self._pool.make_connection()  # type: ignore[no-untyped-call]
            await connection.connect()
            self._connection = connection
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)


def _command(entry: Entry) -> bytes:
    # The client's asyncio connection packs in Python, which takes ten times as long.
    return bytes(hiredis.pack_command((b"XADD", entry.stream, b"*", FIELD, entry.data)))  # type: ignore[arg-type]
