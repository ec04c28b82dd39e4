"""One run: send, wait for the streams, compare."""

import asyncio
import signal
import time
from dataclasses import dataclass

from django.db import close_old_connections

from ingest.models import HealthData
from ingest.simulator import fleet as fleets
from ingest.simulator import order
from ingest.simulator.client import Client
from ingest.simulator.comparison import compare, strangers
from ingest.simulator.drain import drain
from ingest.simulator.progress import Progress
from ingest.simulator.report import Report
from ingest.simulator.sending import Sending
from ljwx import openfiles

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Unreachable(Exception):
    """Raised when nothing answers at the base URL."""


class PrefixTaken(Exception):
    """Raised when the tables hold readings of serials with this prefix: they would be taken for this run's."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is asked of a run. `rate`: uploads a second over all devices; `bad`: the share of impossible records."""

    base_url: str
    devices: int
    rate: float
    seconds: float
    seed: int
    bad: float
    prefix: str | None = None
    drain_timeout: float = 120.0

    def __call__(self, progress: Progress) -> Report:
        """Raises Unreachable or PrefixTaken before anything is sent. The first SIGINT or SIGTERM ends the sending,
        what was accepted is compared all the same; the second ends the run."""
        started = int(time.time())
        prefix = self.prefix or f"SIM{self.seed}-{_base36(started)}-"
        if strangers.serials(HealthData, prefix):
            raise PrefixTaken(prefix)
        fleet = fleets.make(seed=self.seed, devices=self.devices, prefix=prefix, started=started, bad=self.bad)
        openfiles.allow(len(fleet.senders))
        before = order.legacy_alone()
        sending = Sending(fleet, self.rate, self.seconds, progress.sending)
        seconds = asyncio.run(self._send(sending))
        # The database may have been restarted meanwhile.
        close_old_connections()
        in_order = order.unchanged(before)
        drained = drain(within=self.drain_timeout, tell=progress.draining)
        progress.comparing()
        findings = compare(fleet, in_order=in_order)
        findings.add_contradictions(sending.tally.contradicted, sending.tally.contradictions)
        return Report(fleet, sending.tally, drained, findings, seconds)

    async def _send(self, sending: Sending) -> float:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def heard(number: int) -> None:
            stop.set()
            loop.remove_signal_handler(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, heard, number)
        async with Client(self.base_url) as client:
            if not await client.reaches():
                raise Unreachable(self.base_url)
            return await sending.run(client, stop)


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text
