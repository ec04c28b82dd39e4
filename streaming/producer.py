"""Appending entries to the streams: durable once Redis has answered."""

from collections.abc import Sequence

import msgspec
import redis

from ljwx.redis import client
from streaming import breaker
from streaming.envelope import FIELD


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One message on its way to a stream: `data` is an encoded envelope."""

    stream: str
    data: bytes


class NotAppended(Exception):
    """Raised when Redis did not confirm every entry. Some may be in the stream: natural keys make a retry harmless."""


def append(entries: Sequence[Entry]) -> list[str]:
    """Append `entries` in order and return their ids. Raises NotAppended within the accept profile's time-out.

    No MAXLEN, ever: trimming is retention's, which never touches what is not acknowledged.
    """
    if not entries:
        return []
    if not breaker.current.allows():
        raise NotAppended("Redis did not answer a moment ago")
    pipeline = client("accept").pipeline(transaction=False)
    for entry in entries:
        pipeline.xadd(entry.stream, {FIELD: entry.data})
    try:
        identifiers = [identifier.decode() for identifier in pipeline.execute()]
    except redis.RedisError as error:
        tell(error)
        raise NotAppended(f"{type(error).__name__}: {error}") from error
    breaker.current.succeeded()
    return identifiers


def tell(error: Exception) -> None:
    """Tell the breaker of a failed append: silence opens it, an answer does not."""
    if isinstance(error, redis.ResponseError):
        breaker.current.succeeded()
    else:
        breaker.current.failed()
