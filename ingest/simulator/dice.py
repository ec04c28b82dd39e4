"""Chance that can be repeated."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
LOW = 2**64


class Dice:
    """Draws that depend on nothing but the names they are made of: a record is made again instead of being kept."""

    __slots__ = ("_digest", "_rest")

    def __init__(self, *names: object) -> None:
        self._digest = blake2b("/".join(map(str, names)).encode()).digest()
        self._rest = int.from_bytes(self._digest, "big")

    def below(self, most: int) -> int:
        """A whole number from 0 to `most` - 1."""
        if self._rest < LOW:
            self._digest = blake2b(self._digest).digest()
            self._rest = int.from_bytes(self._digest, "big")
        self._rest, drawn = divmod(self._rest, most)
        return drawn

    def between(self, least: int, most: int) -> int:
        """A whole number from `least` to `most`, both included."""
        return least + self.below(most - least + 1)

    def chance(self, share: float) -> bool:
        """True in `share` (0 to 1) of all cases."""
        return self.below(100_000) < share * 100_000

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]
