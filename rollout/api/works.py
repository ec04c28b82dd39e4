"""What the API asks of the modules that do it, each found when it is called."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from rollout.models import Change, Plan


def switch(**asked: Any) -> list[Change]:
    """`rollout.manual.switch`."""
    changes: list[Change] = import_module("rollout.manual").switch(**asked)
    return changes


def preflight(plan: Plan) -> Sequence[str]:
    """`rollout.checklists.preflight`."""
    found: Sequence[str] = import_module("rollout.checklists").preflight(plan)
    return found


def checklist(plan: Plan) -> Sequence[Any]:
    """`rollout.checklists.items`."""
    found: Sequence[Any] = import_module("rollout.checklists").items(plan)
    return found


def leader() -> Any:
    """`rollout.controller.state.leader`."""
    return import_module("rollout.controller.state").leader()
