"""A real consumer whose process is gone, without a word, when it is given a reading of the device DEADLY.

`python -m tests.streaming.deadly NAME`
"""

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import django

django.setup()

from ljwx.stopping import Stopping  # noqa: E402
from streaming import registry  # noqa: E402
from streaming.registry import Written  # noqa: E402
from tests.streaming import entries  # noqa: E402

HEALTH = registry.get("health")


def write(records: Sequence[Any]) -> Written:
    if any(record.device_sn == "DEADLY" for record in records):
        os.kill(os.getpid(), signal.SIGKILL)
    return HEALTH.write(records)


if __name__ == "__main__":
    kinds = [entries.watched("health", write)]
    entries.consumer(sys.argv[1], kinds=kinds).run(Stopping(follow_parent=True))
