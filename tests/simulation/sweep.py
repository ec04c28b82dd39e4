"""Many seeds, one after the other; what fails is told with its trace, made as small as it will go, and kept."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.simulation.ports import Ports
from tests.simulation.system import Result, run

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "var" / "simulation"


@dataclass(slots=True)
class Sweep:
    """What became of some seeds. `failed`: what each of those that failed has broken."""

    seeds: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    failed: dict[int, list[str]] = field(default_factory=dict)


def sweep(ports: Ports, seeds: Iterable[int]) -> Sweep:
    """Run every seed of `seeds`."""
    total = Sweep()
    for seed in seeds:
        result = run(ports, seed)
        total.seeds += 1
        total.counts.update(result.counts)
        if result.violations:
            total.failed[seed] = result.violations
    return total


@dataclass(frozen=True, slots=True)
class Suppressed:
    """The faults that do not happen: those of `gone`, and all after the `last`."""

    last: int
    gone: frozenset[int] = frozenset()

    def __contains__(self, fault: object) -> bool:
        return fault in self.gone or (isinstance(fault, int) and fault > self.last)


def shrunk(ports: Ports, seed: int) -> Result:
    """`seed` with its trace, and as few of its faults as still break an invariant that it broke.

    What a fault leaves out changes what follows: the end is cut first, then one fault after the other.
    """
    whole = run(ports, seed)

    def fails(suppressed: Suppressed) -> bool:
        return bool(_kinds(whole) & _kinds(run(ports, seed, suppressed=suppressed)))

    least = Suppressed(next((last for last in range(whole.faults) if fails(Suppressed(last))), whole.faults))
    for fault in range(least.last, 0, -1):
        smaller = replace(least, gone=least.gone | {fault})
        if fails(smaller):
            least = smaller
    return run(ports, seed, suppressed=least, traced=True)


def _kinds(result: Result) -> set[str]:
    return {text[:3] for text in result.violations}


def text(result: Result) -> str:
    """A run in words: its trace, what it broke, and how to see it again."""
    lines = [*result.trace, "", *result.violations]
    return "\n".join([*lines, "", f"bench/simulation --replay {result.seed}", ""])


def keep(ports: Ports, seed: int, broken: Sequence[str]) -> Path:
    """Write what `seed` has broken and its smallest failing form to a file in var/simulation; its path."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"seed-{seed}.txt"
    smallest = shrunk(ports, seed)
    found = ["broken at first:", *broken, ""]
    if not smallest.violations:
        found.append("NOT BROKEN WHEN RUN AGAIN: something in the simulation is not its own.")
    path.write_text("\n".join([*found, text(smallest)]), encoding="utf-8")
    return path
