"""The simulated devices of a drill, uploading beside it."""

import asyncio
import threading
import time
from decimal import Decimal

from ingest.drill.arming import TAG
from ingest.simulator import fleet as fleets
from ingest.simulator.client import Client
from ingest.simulator.fleet import Fleet
from ingest.simulator.sender import Sender
from ingest.simulator.sending import Sending
from ingest.simulator.tally import Tally
from ljwx import openfiles
from rollout.buckets import bucket
from rollout.models import Route

# Out of so many devices those are taken that the first step moves, and others that it does not: the stream path gets
# enough uploads to be judged, and the legacy path few enough for an embedded database on a busy machine.
CANDIDATES = 600
ON_STREAM, ON_LEGACY = 20, 10
RATE = 30.0
# The consistency check looks at every record, and has to keep up.
CHECKED_RATE = 10.0
SEED = 1
# Nobody waits so long for a drill: whatever becomes of it, its load ends.
LONGEST_S = 900.0


class Load:
    """The uploads of `fleet` in a thread of its own from `start` to `stop`, `rate` a second."""

    def __init__(self, base_url: str, *, fleet: Fleet, rate: float) -> None:
        self.fleet = fleet
        self._base_url = base_url
        self._sending = Sending(fleet, rate, LONGEST_S, _untold)
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        self._failure: BaseException | None = None

    @property
    def tally(self) -> Tally:
        """What was sent and answered so far."""
        return self._sending.tally

    def start(self) -> None:
        """Begin to upload."""
        openfiles.allow(len(self.fleet.senders))
        self._thread.start()
        self._begun.wait()

    def stop(self) -> None:
        """Send nothing more; returns when every upload under way is answered. Harmless when it has not begun or has
        ended. Raises what the load has ended with, if that was a failure."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            asyncio.run(self._send())
        except Exception as error:  # noqa: BLE001 - the top of a thread: raised in `stop`
            self._failure = error
        finally:
            self._begun.set()

    async def _send(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with Client(self._base_url) as client:
            self._begun.set()
            await self._sending.run(client, self._stop)


def tagged(devices: int) -> Fleet:
    """A fleet of which every serial begins with the tag of drills and the second of now; none of its records is spoilt
    on purpose."""
    started = int(time.time())
    return fleets.make(seed=SEED, devices=devices, prefix=f"{TAG}{started:x}-", started=started, bad=0.0)


def of_drill(share: Decimal) -> Fleet:
    """A few devices of which most are among the `share` percent that the first step moves. Raises django.db.Error."""
    whole = tagged(CANDIDATES)
    salts = set(Route.objects.values_list("salt", flat=True))

    def moves(sender: Sender) -> set[bool]:
        """Whether the wearers of a sender go to the stream; both when they are not of one mind."""
        return {bucket(salt, wearer.serial) < round(share * 100) for wearer in sender.wearers for salt in salts}

    first = [sender for sender in whole.senders if moves(sender) == {True}]
    others = [sender for sender in whole.senders if moves(sender) == {False}]
    return Fleet(whole.prefix, whole.started, [*first[:ON_STREAM], *others[:ON_LEGACY]])


def _untold(tally: Tally) -> None:
    """Nobody follows it upload by upload."""
