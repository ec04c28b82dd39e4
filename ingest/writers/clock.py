"""The wall clock of the writers."""

import time

from ingest.times import local_text


def now_text() -> str:
    """Now, as the record tables hold it."""
    return local_text(int(time.time()))
