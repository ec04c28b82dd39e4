"""Why a plan does not do what it was asked."""

from collections.abc import Sequence


class PlanError(Exception):
    """The family of what a plan refuses; nothing was changed."""


class Invalid(PlanError, ValueError):
    """Raised when what was asked for is no plan: no steps, shares that fall, unknown kinds."""


class Conflict(PlanError):
    """Raised when the plan is not as the caller thought: another status or version, another active plan.

    `allowed`: the actions that its present status allows.
    """

    def __init__(self, text: str, *, allowed: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.allowed = tuple(allowed)


class NotApproved(Conflict):
    """Raised when too few people have approved exactly this plan."""


class NotReady(Conflict):
    """Raised when the pre-flight found something; `blocked_by` names it."""

    def __init__(self, text: str, *, blocked_by: Sequence[str], allowed: Sequence[str] = ()) -> None:
        super().__init__(text, allowed=allowed)
        self.blocked_by = tuple(blocked_by)
