"""Twenty thousand seeds: whatever fails, is lost on its way or dies, the invariants of RELIABILITY hold afterwards."""

import os
import subprocess
import sys
from collections.abc import Iterable

import pytest

from tests.simulation.database import POISON_VOLTAGE
from tests.simulation.ports import Ports
from tests.simulation.regressions import SEEDS
from tests.simulation.sweep import ROOT, Sweep, keep, sweep, text
from tests.simulation.system import run

PORTIONS = 20
PORTION = 1_000
# What must have happened for a green run to mean anything.
HAPPENED = (
    "kills", "killed before", "killed after", "reply lost", "takes effect late", "refused", "partly applied",
    "connection gone", "deadlock", "locked", "accepted", "not accepted", "streamed", "fallbacks", "split uploads",
    "group commits", "flips", "batches", "redelivered", "claimed", "bisects", "refused rows", "races", "trimmed",
    "redis down", "redis full", "redis unsafe", "database down", "database read-only", "stall", "no group",
    "entry deleted", "sent again at once", "mirrored copies", "stored under faults",
)  # fmt: skip


def held(ports: Ports, seeds: Iterable[int]) -> Sweep:
    """Run `seeds`; a seed that fails is printed, and kept in var/simulation."""
    result = sweep(ports, seeds)
    told = [keep(ports, seed, broken).read_text(encoding="utf-8") for seed, broken in list(result.failed.items())[:3]]
    failed = list(result.failed)
    assert not failed, "\n".join([*told, f"seeds {failed} fail; their traces are in var/simulation"])
    return result


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_no_accepted_record_is_lost_whatever_happens(ports: Ports, portion: int) -> None:
    result = held(ports, range(portion * PORTION, (portion + 1) * PORTION))
    assert result.seeds == PORTION
    assert [name for name in HAPPENED if not result.counts[name]] == []


def test_what_once_failed_holds(ports: Ports) -> None:
    assert held(ports, SEEDS).seeds == len(SEEDS)


def test_a_seed_is_the_same_run_each_time(ports: Ports) -> None:
    for seed in range(20):
        first, second = run(ports, seed, traced=True), run(ports, seed, traced=True)
        assert first.trace == second.trace
        assert first.counts == second.counts


def test_a_seed_is_the_same_run_in_every_process() -> None:
    said = [
        subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--replay", "7"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": number},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for number in ("1", "2")
    ]
    assert said[0] == said[1]
    assert "COMMIT" in said[0]


def test_what_ran_before_does_not_matter(ports: Ports) -> None:
    # An alert names the reading that its event carried by its number, which was once that of a poison.
    for before in range(POISON_VOLTAGE - 12, POISON_VOLTAGE):
        ports.database.begin(None)
        ports.empty()
        ports.database.raw.execute("INSERT INTO sqlite_sequence VALUES ('t_user_health_data', ?)", (before,))
        assert run(ports, 298_428).violations == []


def test_a_suppressed_fault_does_not_happen(ports: Ports) -> None:
    seed = next(seed for seed in range(100) if run(ports, seed).faults > 3)
    result = run(ports, seed, suppressed=range(1, 10_000), traced=True)
    assert (result.counts["faults"], result.violations) == (0, [])
    assert "suppressed" in text(result)
