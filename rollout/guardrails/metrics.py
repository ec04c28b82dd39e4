"""The metrics that guard a migration, in the order of the gate table."""

from enum import StrEnum

STREAM = "stream"
LEGACY = "legacy"


class Metric(StrEnum):
    """*errors*, *consistency*, *backlog*, *age* and *lost* are of one kind, *accept* of one path, the rest of all."""

    ERRORS = "errors"
    CONSISTENCY = "consistency"
    BACKLOG = "backlog"
    AGE = "age"
    CPU = "cpu"
    ACCEPT = "accept"
    MEMORY = "memory"
    LOST = "lost"
    HEARTBEAT = "heartbeat"
