"""The foreseeable reasons not to go on."""

FAILED = 1
USAGE = 2
ENVIRONMENT = 3
CONFLICT = 4


class Refused(Exception):
    """Raised when `up` can not go on for a foreseeable reason: a line for the operator, and the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code
