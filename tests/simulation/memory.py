"""The memory of a simulated web process: its own copies of what a real one refreshes, and its own breaker."""

from ingest.drill import arming
from rollout import override, pins, routes
from streaming import breaker, safety
from tests.simulation.world import Process

# Each as `ljwx.background` keeps it: (what is refreshed, its value in a process that has just started).
REFRESHED = (
    (routes.current, {}),
    (pins.current, {}),
    (override.current, None),
    (arming.current, None),
    (safety.current, safety.Gate(False, "not examined yet")),
)
OWN = tuple((value, value.__dict__) for value, _initial in REFRESHED)
BREAKER = breaker.current


def give(process: Process) -> None:
    """Let the code see what `process` remembers, by the clock of its world."""
    memory = process.memory
    if not memory:
        memory["refreshed"] = [
            {**own, "_value": initial, "_tried_at": None, "_failing": False, "clock": process.world.monotonic}
            for (_value, own), (_same, initial) in zip(OWN, REFRESHED, strict=True)
        ]
        memory["breaker"] = breaker.Breaker()
        memory["breaker"].clock = process.world.monotonic
    for (value, _own), its in zip(OWN, memory["refreshed"], strict=True):
        value.__dict__ = its
    breaker.current = memory["breaker"]


def take() -> None:
    """Back to the memory of this very process."""
    for value, own in OWN:
        value.__dict__ = own
    breaker.current = BREAKER
