"""Several measurements of one thing."""

import statistics
from collections.abc import Iterable
from typing import Any


def spread(values: Iterable[float]) -> dict[str, Any]:
    """Median, least, most, and each of `values` in the order of the rounds."""
    found = [round(value, 3) for value in values]
    return {"median": round(statistics.median(found), 3), "min": min(found), "max": max(found), "rounds": found}


def shown(found: dict[str, Any] | None, digits: int = 0) -> str:
    """`12,345 (11,900–12,800)`: median and least to most; only the median when there was one round."""
    if found is None:
        return "–"
    middle = f"{found['median']:,.{digits}f}"
    return middle if len(found["rounds"]) == 1 else f"{middle} ({found['min']:,.{digits}f}–{found['max']:,.{digits}f})"


def percentile(values: Iterable[float], percent: float) -> float:
    """The smallest value that `percent` of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100).__int__() - 1)]
