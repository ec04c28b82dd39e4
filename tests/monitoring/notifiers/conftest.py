from collections.abc import Iterator

import pytest

from tests.monitoring.notifiers.stub import Stub, serving


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A service that takes every message."""
    with serving() as found:
        yield found
