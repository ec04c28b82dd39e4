"""The wall clock of the writers."""

import time

from ingest.times import Plain, local_text


def now_text() -> Plain:
    """Now, as the record tables hold it."""
    return local_text(int(time.time()))
