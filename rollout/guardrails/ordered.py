"""Enumerations whose members are ordered as they are written."""

from enum import Enum
from functools import total_ordering


@total_ordering
class Ordered(Enum):
    """Compares by place, not by value: as text, "pass" would be greater than "act"."""

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        order = list(type(self))
        return order.index(self) < order.index(other)
