"""The collector of cyclic garbage, set for a process that handles many small things and leaves no cycles."""

import gc


def settle() -> None:
    """Keep what is loaded now out of every collection: else each full one walks all of Django, 100 ms in the middle of
    uploads. Called once everything is imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 100)
