"""The simulated world of a test process: no server, and a database of its own in memory."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulation.ports import Ports


@pytest.fixture(scope="session")
def made() -> Ports:
    """One for all tests of this process: making its tables takes a second."""
    return Ports()


@pytest.fixture
def ports(made: Ports, django_db_blocker: Any) -> Iterator[Ports]:
    """The ports in place of the project's own, for one test. The database is in memory and nobody else's."""
    with django_db_blocker.unblock(), made.hold():
        yield made
