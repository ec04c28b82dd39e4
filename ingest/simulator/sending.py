"""A run: every sender of a fleet takes turns at the rate that was asked."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ingest.simulator.client import Client
from ingest.simulator.fleet import Fleet
from ingest.simulator.pace import Pace
from ingest.simulator.sender import Sender
from ingest.simulator.tally import Tally

TELL_EVERY_S = 0.5


@dataclass(slots=True)
class Sending:
    """Sends for `seconds` at most `rate` uploads a second, retries included. `tell` hears how it goes."""

    fleet: Fleet
    rate: float
    seconds: float
    tell: Callable[[Tally], None]
    tally: Tally = field(default_factory=Tally)

    async def run(self, client: Client, stop: asyncio.Event) -> float:
        """Returns the seconds it took. After `stop`, or the time, uploads under way are still awaited."""
        pace = Pace(self.rate)
        started = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            telling = tasks.create_task(self._tell())
            senders = [tasks.create_task(self._send(sender, client, pace, stop)) for sender in self.fleet.senders]
            await pace.run(stop, seconds=self.seconds)
            stop.set()
            await asyncio.wait(senders)
            telling.cancel()
        return time.monotonic() - started

    async def _send(self, sender: Sender, client: Client, pace: Pace, stop: asyncio.Event) -> None:
        while await pace.turn():
            upload = sender.next()
            answer = await client.post(upload)
            self.tally.count(upload, answer)
            pause = sender.answered(upload, answer)
            if pause:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pause)

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            self.tell(self.tally)
