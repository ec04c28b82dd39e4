"""What counts as a number, and as fresh."""

import math
from typing import Annotated

import msgspec

# A measured value. None: no answer, which is never zero. JSON knows neither NaN nor infinity: both are written as null.
Number = float | None

# Up to what a float holds exactly.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

# Seconds by which the clocks of two hosts may differ: what is dated further ahead is not believed to be fresh.
SKEW_S = 5.0


def finite(value: Number) -> float | None:
    """`value` as a float if it is one that can be compared; None for no answer, NaN, infinity and beyond a float."""
    if value is None:
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def measured(value: Number) -> float | None:
    """`finite`, and not negative: nothing here can be, and −1 is somebody's way to say that they do not know."""
    found = finite(value)
    return found if found is not None and found >= 0 else None


def fresh(at: Number, *, now: float, limit_s: float) -> bool:
    """Whether what is dated `at` is at most `limit_s` seconds old."""
    found = finite(at)
    return found is not None and -SKEW_S <= now - found <= limit_s
