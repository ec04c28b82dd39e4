"""Pauses that double with each failure."""

# So many doublings pass any limit; 2.0 ** 1024 is no number any more.
MOST_DOUBLINGS = 64


def doubled(first_s: float, times: int, *, longest_s: float) -> float:
    """`first_s` doubled `times` times, at most `longest_s`; for any number of times, as an outage may last for days."""
    return min(longest_s, first_s * 2.0 ** min(times, MOST_DOUBLINGS))
