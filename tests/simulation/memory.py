"""The memory of a simulated web process: its own copies of the routes and of Redis' safety, and its own breaker."""

from typing import Any

from rollout import routes
from streaming import breaker, safety
from tests.simulation.world import Process

ROUTES, GATE, BREAKER = routes.current, safety.current, breaker.current


def give(process: Process) -> None:
    """Let the code see what `process` remembers."""
    memory = process.memory
    if not memory:
        memory["routes"], memory["gate"] = _fresh(ROUTES, {}), _fresh(GATE, safety.Gate(False, "not examined yet"))
        memory["breaker"] = breaker.Breaker()
        for value in memory.values():
            value.clock = process.world.monotonic
    routes.current, safety.current, breaker.current = memory["routes"], memory["gate"], memory["breaker"]


def take() -> None:
    """Back to the memory of this very process."""
    routes.current, safety.current, breaker.current = ROUTES, GATE, BREAKER


def _fresh(value: Any, initial: Any) -> Any:
    # Not by its constructor, which notes every value for the background thread.
    fresh = object.__new__(type(value))
    fresh.__dict__.update(value.__dict__, _value=initial, _tried_at=None, _failing=False)
    return fresh
