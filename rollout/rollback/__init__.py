"""The way back: asking for it, and following it until it is verified."""

from rollout.rollback.executing import execute_rollback
from rollout.rollback.plan import RollbackPlan, get_rollback_plan
from rollout.rollback.previewing import Move, Preview, preview
from rollout.rollback.progressing import progress
from rollout.rollback.staying import active

__all__ = [
    "Move",
    "Preview",
    "RollbackPlan",
    "active",
    "execute_rollback",
    "get_rollback_plan",
    "preview",
    "progress",
]
