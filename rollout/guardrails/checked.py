"""Values that people edit, checked whenever one is made."""

import math

import msgspec

MOST = 1e15


def require(condition: bool, complaint: str) -> None:
    """Raises ValueError with `complaint` unless `condition`."""
    if not condition:
        raise ValueError(complaint)


class Checked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every number is finite and not negative. Raises ValueError else, as each subclass does for rules of its own."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, int | float) and not (math.isfinite(value) and 0 <= value <= MOST):
                raise ValueError(f"{name} must be a number from 0 to {MOST:g}, not {value!r}")
