"""The shares that a way back goes through: downwards, and nowhere else."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.rollback.ladders import down, jump, merged

percent = st.decimals(min_value=0, max_value=100, places=2)


def shares(*values: float) -> list[Decimal]:
    return [Decimal(str(value)) for value in values]


@pytest.mark.parametrize(("share", "target", "found"), [(100, 0, [0]), (30, 20, [20]), (20, 20, []), (10, 20, [])])
def test_a_jump_has_one_step_and_never_goes_up(share: int, target: int, found: list[int]) -> None:
    assert jump(Decimal(share), target=Decimal(target)) == shares(*found)


@pytest.mark.parametrize(
    ("share", "target", "steps", "found"),
    [
        (100, 0, (10, 30, 50, 100), (50, 30, 10, 0)),
        (100, 20, (10, 30, 50, 100), (50, 30, 20)),
        (40, 0, (10, 30, 50, 100), (30, 10, 0)),
        (100, 0, (100,), (75, 50, 30, 10, 5, 0)),
        (100, 0, (), (75, 50, 30, 10, 5, 0)),
        (7, 0, (), (5, 0)),
        (3, 0, (), (0,)),
        (0, 0, (10, 30), ()),
        (20, 30, (10, 30), ()),
    ],
)
def test_down_goes_through_the_steps_in_between(
    share: int, target: int, steps: tuple[int, ...], found: tuple[int, ...]
) -> None:
    assert down(Decimal(share), target=Decimal(target), steps=shares(*steps)) == shares(*found)


@given(percent, percent, st.lists(percent, max_size=10))
def test_down_falls_at_every_step_and_ends_at_the_target(share: Decimal, target: Decimal, steps: list[Decimal]) -> None:
    ladder = down(share, target=target, steps=steps)
    assert bool(ladder) == (target < share)
    assert all(after < before for before, after in zip([share, *ladder], ladder, strict=False))
    assert ladder[-1:] == ([target] if ladder else [])


@given(st.lists(percent), st.lists(percent))
def test_what_joins_another_falls_at_every_step_and_ends_at_the_lower_end(
    old: list[Decimal], new: list[Decimal]
) -> None:
    both = merged(old, new)
    assert both == sorted(set(both), reverse=True)
    assert set(both) == {*old, *new}
