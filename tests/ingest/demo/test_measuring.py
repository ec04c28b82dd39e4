"""What a demonstration asks of its machine."""

import pytest

from ingest.demo.measuring import LEAST, MOST, asked


@pytest.mark.parametrize(
    ("taken", "offered"), [(0.0, LEAST), (39.0, LEAST), (41.0, 20), (90.6, 45), (199.0, MOST), (5_000.0, MOST)]
)
def test_half_of_what_the_machine_takes_within_bounds(taken: float, offered: float) -> None:
    assert asked(taken) == offered
