"""The memory of a simulated web process: its own copies of the routes and of Redis' safety."""

from typing import Any

from rollout import routes
from streaming import safety
from tests.simulation.world import Process

ROUTES, GATE = routes.current, safety.current


def give(process: Process) -> None:
    """Let the code see what `process` remembers."""
    memory = process.memory
    if not memory:
        memory["routes"], memory["gate"] = _fresh(ROUTES, {}), _fresh(GATE, safety.Gate(False, "not examined yet"))
        for value in memory.values():
            value.clock = process.world.monotonic
    routes.current, safety.current = memory["routes"], memory["gate"]


def take() -> None:
    """Back to the memory of this very process."""
    routes.current, safety.current = ROUTES, GATE


def _fresh(value: Any, initial: Any) -> Any:
    # Not by its constructor, which notes every value for the background thread.
    fresh = object.__new__(type(value))
    fresh.__dict__.update(value.__dict__, _value=initial, _tried_at=None, _failing=False)
    return fresh
