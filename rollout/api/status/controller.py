"""Who leads."""

from typing import Any

from rollout.api import works


def leads() -> dict[str, Any] | None:
    """The controller that leads and the age of its last sign of life; None when nobody does. Raises django.db.Error."""
    leader = works.leader()
    return leader and {"holder": leader.holder, "token": leader.token, "age_s": leader.age_s}
