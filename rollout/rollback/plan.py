"""The way back as one object."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rollout.models import Rollback
from rollout.rollback.executing import execute_rollback
from rollout.rollback.previewing import Preview, preview
from rollout.rollback.staying import active


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """How to go back from whatever share there is. It has no state of its own."""

    def execute_rollback(
        self,
        strategy: str,
        reason: str,
        actor: str = "system",
        *,
        kinds: Sequence[str] | None = None,
        target: Decimal | None = None,
        interval_s: int | None = None,
        force: bool = False,
    ) -> Rollback:
        """As `rollout.rollback.execute_rollback`."""
        return execute_rollback(strategy, reason, actor, kinds=kinds, target=target, interval_s=interval_s, force=force)

    def preview(
        self, strategy: str, *, kinds: Sequence[str] | None = None, target: Decimal | None = None, force: bool = False
    ) -> Preview:
        """As `rollout.rollback.preview`."""
        return preview(strategy, kinds=kinds, target=target, force=force)

    def active(self) -> Rollback | None:
        """The rollback that is under way."""
        return active()


def get_rollback_plan() -> RollbackPlan:
    """The way back. `get_rollback_plan().execute_rollback("immediate", "why")` takes every device off the stream."""
    return RollbackPlan()
