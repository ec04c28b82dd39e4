"""Every planted fault is found, and found for what it is."""

import pytest

from tests.simulation.planted import PLANTED, Fault
from tests.simulation.ports import Ports
from tests.simulation.system import run


@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found(ports: Ports, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    with monkeypatch.context() as patch:
        fault.plant(patch, ports)
        for seed in range(fault.within):
            found = run(ports, seed).violations
            if any(text.startswith(fault.found) for text in found):
                return
            assert not [text for text in found if not text.startswith("(")], f"seed {seed} found something else"
    pytest.fail(f"{fault.within} seeds have not found it")


def test_there_are_many_of_them() -> None:
    assert len({fault.name for fault in PLANTED}) == len(PLANTED) >= 18
