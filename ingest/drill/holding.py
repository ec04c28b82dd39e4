"""Which entries consumers leave pending while a drill says so."""

from collections.abc import Callable

from ingest.drill import arming
from ingest.drill.fault import Fault


def holds() -> Callable[[str], bool] | None:
    """Tells whether the entries of a serial are held back; None while none are. For `streaming.heldback`."""
    armed = arming.standing(Fault.BACKLOG)
    return None if armed is None else armed.hits
