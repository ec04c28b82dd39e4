"""Named places at which a process can be made to die, as a crash would have it: the proof that it may die there.

`LJWX_FAILPOINT=consumer.committed:3` kills the process with SIGKILL when it reaches that place the third time. Unarmed,
which is always but in proofs, a place costs one comparison.
"""

import os
import signal

from django.conf import settings

_armed = ""
_left = 0


def arm(text: str) -> None:
    """Arm the place that `NAME` or `NAME:COUNT` names, or none."""
    global _armed, _left
    _armed, _, count = text.partition(":")
    _left = int(count or 1)


def reach(name: str) -> None:
    """Die here when this place is armed and it is time."""
    global _left
    if name == _armed and name:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


arm(settings.FAILPOINT)
