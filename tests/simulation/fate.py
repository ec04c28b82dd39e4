"""What may become of one I/O of a simulated process."""

import enum


class Killed(BaseException):
    """Raised inside a simulated process when it dies: nothing in it may run any further."""


class Fate(enum.Enum):
    """`LOST`: it takes effect and its reply does not arrive. `LATE`: the same, but the effect comes later."""

    FINE = "fine"
    REFUSED = "refused"
    LOST = "reply lost"
    LATE = "takes effect late"
    PARTIAL = "partly applied"
    DEADLOCK = "deadlock"
    LOCKED = "locked"
    GONE = "connection gone"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


KILLS = (Fate.KILLED_BEFORE, Fate.KILLED_AFTER)
COMMAND = (Fate.REFUSED, Fate.LOST, Fate.LATE, *KILLS)
PIPELINE = (*COMMAND, Fate.PARTIAL)
BEGIN = (Fate.LOCKED, Fate.GONE, Fate.KILLED_BEFORE)
STATEMENT = (Fate.DEADLOCK, Fate.LOCKED, Fate.GONE, Fate.KILLED_BEFORE)
COMMIT = (Fate.REFUSED, Fate.LOST, *KILLS)
SEMAPHORE = (Fate.REFUSED,)
EVERY_SEED: frozenset[int] = frozenset()
