"""The memory of a simulated web process: its own copies of the routes and of Redis' safety."""

import copy
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
    fresh = copy.copy(value)
    fresh._value, fresh._tried_at, fresh._failing = initial, None, False
    return fresh
