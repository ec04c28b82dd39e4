"""How many uploads a second a demonstration asks of the machine it runs on: about half of what the database takes."""

import time

from ingest.drill.load import Load
from ingest.drill.waiting import pause
from ingest.simulator.fleet import Fleet
from ljwx.stopping import Stop

# So many devices upload one after another without a pause, at most twice as fast as it will be.
SENDERS = 20
WARM_S, MEASURED_S = 1.0, 4.0
ROOM = 0.5
LEAST, MOST = 20.0, 100.0


def rate(base_url: str, fleet: Fleet, stopping: Stop) -> float:
    """Uploads a second, from 20 to 100: half of those of the first devices of `fleet` that were accepted for four
    seconds. These go on where they are afterwards. Raises Interrupted, and what the load has ended with."""
    few = Fleet(fleet.prefix, fleet.started, fleet.senders[:SENDERS])
    load = Load(base_url, fleet=few, rate=MOST / ROOM)
    load.start()
    try:
        pause(WARM_S, stopping=stopping)
        before, began = load.tally.successes, time.monotonic()
        pause(MEASURED_S, stopping=stopping)
        taken = (load.tally.successes - before) / (time.monotonic() - began)
    finally:
        load.stop()
    return asked(taken)


def asked(taken: float) -> float:
    """Of `taken` uploads a second that the machine takes."""
    return float(round(min(MOST, max(LEAST, taken * ROOM))))
