"""What was asked for on the command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

SCENARIOS = (
    "accept", "e2e", "connections", "storm", "sos", "latency", "tables", "sizes", "consumer", "layers", "rollback",
    "consistency", "agreement", "mirror", "viewers", "sqlite",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """`rounds` and `seconds` None: each scenario's own. `quick` proves that all of it works, and nothing of times."""

    scenarios: tuple[str, ...] = SCENARIOS
    quick: bool = False
    large: bool = False
    rounds: int | None = None
    seconds: int | None = None
    connections: tuple[int, ...] = ()
    rate: int | None = None

    def either(self, full: T, quick: T) -> T:
        """`quick` in a quick run, else `full`."""
        return quick if self.quick else full

    def rounds_or(self, full: int) -> int:
        """The rounds asked for, else `full`; one in a quick run."""
        return self.rounds or self.either(full, 1)

    def seconds_or(self, full: int, quick: int = 2) -> int:
        """The seconds asked for, else `full` or `quick`."""
        return self.seconds or self.either(full, quick)


def parse(words: Sequence[str]) -> Options:
    """The options in `words`; argparse ends the process when they are none."""
    parser = argparse.ArgumentParser(prog="bench/run", description="Measures the project against its peers.")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"{', '.join(SCENARIOS)}; all when left out")
    parser.add_argument("--quick", action="store_true", help="two minutes, for correctness; no results are kept")
    parser.add_argument("--large", action="store_true", help="tables of 10,000,000 rows too")
    parser.add_argument("--rounds", type=positive, help="rounds of each candidate")
    parser.add_argument("--seconds", type=positive, help="seconds of load in each round")
    parser.add_argument(
        "--connections",
        type=positive,
        action="append",
        default=[],
        help="of the accept ladder (64 and 1,000); repeatable",
    )
    parser.add_argument("--rate", type=positive, help="uploads a second that viewers are measured at (3,000)")
    found = parser.parse_args(words)
    if unknown := [name for name in found.scenarios if name not in SCENARIOS]:
        parser.error(f"no scenario {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")
    chosen = tuple(name for name in SCENARIOS if not found.scenarios or name in found.scenarios)
    return Options(chosen, found.quick, found.large, found.rounds, found.seconds, tuple(found.connections), found.rate)


def positive(text: str) -> int:
    """A whole number above zero."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
