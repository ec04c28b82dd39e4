"""Much to be written, in statements of a bounded size."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

# Characters of values in one statement. A server closes the connection on one above its `max_allowed_packet`, which is
# 16 MB in MariaDB, and that looks like a server that has gone away: the same statement would be tried again. A
# character is at most 4 bytes, or 2 when it is escaped.
STATEMENT = 1 << 20
# What a row weighs beside its texts: 2,000 rows of numbers make one statement.
ROW = 512


def portions(items: Iterable[T], *, weigh: Callable[[T], int], most: int = STATEMENT) -> Iterator[list[T]]:
    """`items` in their order, in lists that weigh at most `most` together; what weighs more is alone."""
    portion: list[T] = []
    held = 0
    for item in items:
        weight = weigh(item)
        if portion and held + weight > most:
            yield portion
            portion, held = [], 0
        portion.append(item)
        held += weight
    if portion:
        yield portion
