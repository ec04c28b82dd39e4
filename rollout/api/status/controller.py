"""Who leads."""

from typing import Any

from rollout.controller import state


def leads() -> dict[str, Any] | None:
    """The controller that leads and the age of its last sign of life; None when nobody does. Raises django.db.Error."""
    leader = state.leader()
    return None if leader is None else {"holder": leader.holder, "token": leader.token, "age_s": leader.beat_age_s}
