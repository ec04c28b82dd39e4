"""Why a check does not run, or nothing is repaired."""


class ConsistencyError(Exception):
    """The family of what goes wrong with checks and repairs."""


class CheckRunning(ConsistencyError):
    """Raised when a check or a repair does not begin because another one is under way, the check of number `check` when
    it is known. Nothing was changed."""

    def __init__(self, message: str, *, check: int | None = None) -> None:
        super().__init__(message)
        self.check = check


class RepairRefused(ConsistencyError):
    """Raised when a repair must not be made as it was asked for. Nothing was changed."""


class NotAcknowledged(ConsistencyError):
    """Raised when findings can not be acknowledged as it was asked for. Nothing was changed."""
