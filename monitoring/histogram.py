"""Latencies that add up: over processes, seconds and kinds, without keeping a single one."""

import math

import msgspec

# A quantile is at most this share away from the latency that has that rank (DDSketch, Masson et al., VLDB 2019).
RELATIVE_ERROR = 0.05
SHORTEST_S, LONGEST_S = 1e-6, 100.0

_GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_PER_LOG = 1 / math.log(_GAMMA)
_LAST = math.ceil(math.log(LONGEST_S / SHORTEST_S) * _PER_LOG)
_log, _ceil = math.log, math.ceil


class Histogram(msgspec.Struct, omit_defaults=True):
    """How many latencies fell where: bucket n holds those above γ^(n-1) and up to γ^n microseconds, γ = 1.05 / 0.95.

    What is shorter than 1 µs counts as that, what is longer than 100 s as that. Adding is associative and commutative,
    exactly: everything in it is a whole number.
    """

    buckets: dict[int, int] = {}
    total_us: int = 0

    def add(self, seconds: float) -> None:
        """Count one latency; a negative one, of a clock that was put back, as none at all."""
        micros = seconds * 1e6
        index = min(_LAST, _ceil(_log(micros) * _PER_LOG)) if micros > 1 else 0
        self.buckets[index] = self.buckets.get(index, 0) + 1
        if micros > 0:
            self.total_us += int(micros)

    def merge(self, other: "Histogram") -> None:
        """Count everything that `other` has counted."""
        for index, count in other.buckets.items():
            self.buckets[index] = self.buckets.get(index, 0) + count
        self.total_us += other.total_us

    def __add__(self, other: "Histogram") -> "Histogram":
        found = Histogram(dict(self.buckets), self.total_us)
        found.merge(other)
        return found

    @property
    def count(self) -> int:
        """How many latencies."""
        return sum(self.buckets.values())

    @property
    def sum(self) -> float:
        """All of them together, in seconds, each cut to whole microseconds."""
        return self.total_us / 1e6

    def within(self, seconds: float) -> int:
        """How many latencies were at most `seconds`, which may be off by `RELATIVE_ERROR`. Grows with `seconds`."""
        return sum(count for index, count in self.buckets.items() if _middle(index) <= seconds)

    def quantile(self, q: float) -> float | None:
        """Seconds that the share `q` of the latencies do not exceed, within `RELATIVE_ERROR`: the one of rank
        ⌈q·count⌉. None when there is none. Raises ValueError unless 0 ≤ q ≤ 1."""
        if not 0 <= q <= 1:
            raise ValueError(f"a quantile is from 0 to 1, not {q}")
        rank, seen = max(1, _ceil(q * self.count)), 0
        for index, count in sorted(self.buckets.items()):
            seen += count
            if seen >= rank:
                return _middle(index)
        return None


def _middle(index: int) -> float:
    """The seconds that a bucket stands for."""
    return 2 * _GAMMA**index / (_GAMMA + 1) * 1e-6 if index else SHORTEST_S
