"""Why a check does not run, or nothing is repaired."""


class ConsistencyError(Exception):
    """The family of what goes wrong with checks and repairs."""


class CheckRunning(ConsistencyError):
    """Raised when a check or a repair does not begin because another one is under way. Nothing was changed."""


class RepairRefused(ConsistencyError):
    """Raised when a repair must not be made as it was asked for. Nothing was changed."""
