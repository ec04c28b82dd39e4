"""Records a second of each consumer, from two looks at what it has counted."""

from typing import Any


class Rates:
    """Remembers the last look."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, Any], tuple[float, int]] = {}

    def add(self, consumers: dict[str, Any] | None, *, now: float) -> None:
        """Give each consumer its `rate`; None for one that was not seen before, a process that has begun anew too."""
        if consumers is None:
            return
        seen = {}
        for each in consumers["consumers"]:
            key, count = (each["name"], each["pid"]), each["stored"] + each["duplicates"] + each["dead"]
            before = self._seen.get(key)
            each["rate"] = None
            if before is not None and now > before[0] and count >= before[1]:
                each["rate"] = round((count - before[1]) / (now - before[0]), 1)
            seen[key] = (now, count)
        self._seen = seen
