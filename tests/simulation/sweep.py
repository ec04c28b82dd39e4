"""Many seeds, one after the other; what fails is told with its trace, made as small as it will go, and kept."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulation.ports import Ports
from tests.simulation.system import Result, run

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "var" / "simulation"


@dataclass(slots=True)
class Sweep:
    """What became of some seeds."""

    seeds: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)


def sweep(ports: Ports, seeds: Iterable[int]) -> Sweep:
    """Run every seed of `seeds`."""
    total = Sweep()
    for seed in seeds:
        result = run(ports, seed)
        total.seeds += 1
        total.counts.update(result.counts)
        if result.violations:
            total.failed.append(seed)
    return total


def shrunk(ports: Ports, seed: int) -> Result:
    """`seed` with its trace and as few of its faults as still break the same invariant."""
    whole = run(ports, seed)
    wanted = _kinds(whole)
    needed = _fewest(
        list(range(1, whole.faults + 1)), lambda gone: bool(wanted & _kinds(run(ports, seed, suppressed=gone)))
    )
    gone = frozenset(range(1, whole.faults + 1)) - needed
    return run(ports, seed, suppressed=gone if wanted else (), traced=True)


def _kinds(result: Result) -> set[str]:
    return {text[:3] for text in result.violations}


def _fewest(faults: list[int], fails_without: Callable[[frozenset[int]], bool]) -> frozenset[int]:
    """The faults that can not be left out, tried in ever smaller groups. Later faults may change: all are counted."""
    gone: frozenset[int] = frozenset()
    size = len(faults)
    while size:
        for start in range(0, len(faults), size):
            more = gone | set(faults[start : start + size])
            if more != gone and fails_without(more):
                gone = more
        size //= 2
    return frozenset(faults) - gone


def text(result: Result) -> str:
    """A run in words: its trace, what it broke, and how to see it again."""
    lines = [*result.trace, "", *result.violations]
    return "\n".join([*lines, "", f"bench/simulation --replay {result.seed}", ""])


def keep(ports: Ports, seed: int) -> Path:
    """Write the smallest failing form of `seed` to a file in var/simulation; its path."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"seed-{seed}.txt"
    path.write_text(text(shrunk(ports, seed)), encoding="utf-8")
    return path
