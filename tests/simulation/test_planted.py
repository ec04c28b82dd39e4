"""Every planted fault is found, and found for what it is."""

from pathlib import Path

import pytest

from tests.simulation import sweep
from tests.simulation.planted import PLANTED, Fault
from tests.simulation.ports import Ports
from tests.simulation.system import run


@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found(ports: Ports, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    with monkeypatch.context() as patch:
        fault.plant(patch, ports)
        for seed in range(fault.first, fault.first + fault.within):
            found = run(ports, seed).violations
            if any(text.startswith(fault.found) for text in found):
                return
            assert not [text for text in found if not text.startswith("(")], f"seed {seed} found something else"
    pytest.fail(f"{fault.within} seeds from {fault.first} on have not found it")


def test_there_are_many_of_them() -> None:
    assert len({fault.name for fault in PLANTED}) == len(PLANTED) >= 18


def test_a_failing_seed_is_made_small_and_kept(ports: Ports, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sweep, "KEPT", tmp_path)
    next(fault for fault in PLANTED if fault.name == "there_is_no_fallback").plant(monkeypatch, ports)
    seed = next(seed for seed in range(2_000) if run(ports, seed).violations and run(ports, seed).faults > 3)
    small = sweep.shrunk(ports, seed)
    assert any(text.startswith(("(1)", "(6)")) for text in small.violations)
    assert 0 < small.counts["faults"] < run(ports, seed).counts["faults"]
    kept = sweep.keep(ports, seed, []).read_text(encoding="utf-8")
    assert all(text in kept for text in (*small.violations, f"--replay {seed}", "XADD".lower()))
