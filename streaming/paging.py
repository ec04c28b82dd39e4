"""Reading a stretch of a stream, whose entries may be of 300 bytes or of 256 kB each."""

from typing import Any

import redis

PAGE = 1_000
# The first page is small, and shows how many entries the next may have.
FIRST_PAGE = 100
PAGE_BYTES = 1 << 20

Entry = tuple[bytes, dict[bytes, bytes]]


def read(
    connection: redis.Redis, stream: str, *, after: bytes, to: str = "+", most: int, most_bytes: int
) -> tuple[list[Entry], bool]:
    """The entries after the id `after` up to `to`, oldest first, and whether these are all: it ends at `most`, or with
    the page that passes `most_bytes`. No reply of Redis is much larger than a megabyte, the first one perhaps. Raises
    redis.RedisError."""
    found: list[Entry] = []
    held, asked = 0, FIRST_PAGE
    while len(found) < most and held < most_bytes:
        asked = min(asked, most - len(found))
        page: Any = connection.xrange(stream, min=b"(" + after, max=to, count=asked)
        found += page
        if len(page) < asked:
            return found, True
        after = page[-1][0]
        held += sum(len(value) for _, fields in page for value in fields.values())
        asked = max(1, min(PAGE, len(found) * PAGE_BYTES // max(1, held)))
    return found, False
