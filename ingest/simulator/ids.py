"""Whom a device belongs to."""

from typing import NamedTuple

from ingest.simulator.dice import Dice


class Ids(NamedTuple):
    """Customer, organisation and user, 19 digits each; None where the device does not know."""

    customer_id: int | None
    org_id: int | None
    user_id: int | None


UNKNOWN = Ids(None, None, None)
FIRST = 1_900_000_000_000_000_000


def of_device(dice: Dice) -> Ids:
    """One device in six is bound to nobody, one in six to no user."""
    case = dice.below(6)
    if case == 0:
        return UNKNOWN
    customer, org, user = (FIRST + dice.below(10**15) * 2 + 1 for _ in range(3))
    return Ids(customer, org, None if case == 1 else user)
