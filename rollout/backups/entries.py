"""The entries that nobody has acknowledged yet: pending or not delivered."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import redis

from rollout.backups.positions import Position

# An entry is 256 kB at most: a page of them fits into memory anywhere.
PAGE = 100
PREFIX = "entries-"


class Line(msgspec.Struct, frozen=True, gc=False):
    """One entry, byte for byte (JSON has the bytes in base64). `pending`: somebody was given it."""

    id: str
    pending: bool
    fields: list[tuple[bytes, bytes]]


def name(kind: str) -> str:
    """The name of the file for the entries of `kind`."""
    return f"{PREFIX}{kind}.jsonl.gz"


def unacknowledged(connection: redis.Redis, position: Position) -> Iterator[list[Line]]:
    """The entries up to `position` that were not acknowledged then, page by page, oldest first.

    Guarantee: consumers that go on meanwhile can only take entries out by storing them. What is delivered between the
    two passes is in the second, which begins where `position` says. Pending entries whose content was deleted are left
    out. Raises redis.RedisError.
    """
    yield from _pending(connection, position)
    cursor = position.delivered
    while page := _range(connection, position.stream, f"({cursor}", position.last):
        yield [Line(identifier.decode(), False, list(fields.items())) for identifier, fields in page]
        cursor = page[-1][0].decode()


def _pending(connection: redis.Redis, position: Position) -> Iterator[list[Line]]:
    if not position.pending:
        return
    cursor = "-"
    while found := connection.xpending_range(
        position.stream, position.group, min=cursor, max=position.delivered, count=PAGE
    ):
        identifiers: list[Any] = [each["message_id"] for each in found]
        yield [
            Line(identifier.decode(), True, list(fields.items()))
            for identifier, fields in zip(identifiers, contents(connection, position.stream, identifiers), strict=True)
            if fields is not None
        ]
        cursor = f"({identifiers[-1].decode()}"


def contents(
    connection: redis.Redis, stream: str, identifiers: Sequence[bytes | str]
) -> list[dict[bytes, bytes] | None]:
    """The fields of each of these entries, None for one that is not in the stream. Raises redis.RedisError."""
    pipeline = connection.pipeline(transaction=False)
    for identifier in identifiers:
        pipeline.xrange(stream, identifier, identifier)
    return [found[0][1] if found else None for found in pipeline.execute()]


def _range(connection: redis.Redis, stream: str, after: str, to: str) -> list[tuple[bytes, dict[bytes, bytes]]]:
    found: Any = connection.xrange(stream, min=after, max=to, count=PAGE)
    return list(found)
