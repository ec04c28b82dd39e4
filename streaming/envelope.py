"""The content of an entry: field `d` holds one msgpack envelope, arrays throughout, versioned by its first element."""

import math
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from streaming.registry import Record

VERSION = 1
FIELD = b"d"
MOST_RECORDS = 100
PATH_MOST = 16

R = TypeVar("R")


class Reject(msgspec.Struct, array_like=True, frozen=True):
    """A record that the edge found impossible, on its way to the dead letters.

    `payload` is its text exactly as it was received.
    """

    kind: str
    device_sn: str
    reason: str
    payload: bytes


class Envelope(msgspec.Struct, Generic[R], array_like=True, frozen=True):
    """The records of one upload and kind. `received_ms` is epoch milliseconds at the edge, `epoch` the route's."""

    v: int
    kind: str
    received_ms: int
    path: str
    epoch: int
    records: list[R]
    rejects: list[Reject] = []


class Origin(NamedTuple):
    """The route of an entry when it was accepted. `epoch` 0: it does not say."""

    path: str
    epoch: int


class Undecodable(ValueError):
    """Raised when an entry is no envelope of its kind, or of a version this code does not know, or holds a number
    that is none."""


_encoder = msgspec.msgpack.Encoder()


@cache
def _decoder(record: type[msgspec.Struct]) -> "msgspec.msgpack.Decoder[Envelope[Record]]":
    return msgspec.msgpack.Decoder(Envelope[record])  # type: ignore[valid-type]


def encode(envelope: "Envelope[Record]") -> bytes:
    """The bytes of an entry's field `d`."""
    return _encoder.encode(envelope)


def decode(data: bytes, *, record: type[msgspec.Struct], kind: str) -> "Envelope[Record]":
    """The envelope in `data`. Raises Undecodable."""
    try:
        envelope = _decoder(record).decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(str(error)) from error
    if envelope.v != VERSION:
        raise Undecodable(f"version {envelope.v}, this code knows {VERSION}")
    if envelope.kind != kind:
        raise Undecodable(f"kind {envelope.kind!r} in the stream of {kind!r}")
    # No column and no JSON holds NaN or infinity. Every such number begins with one of these bytes, and few others.
    if any(mark in data for mark in _EXTREME) and not all(map(_is_finite, envelope.records)):
        raise Undecodable("a number is not finite")
    return envelope


def origin(data: bytes) -> Origin | None:
    """The route that an entry names which is not readable as a whole; None when it names none."""
    try:
        found = msgspec.msgpack.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    match found:
        case [_, _, _, str(path), int(epoch), *_] if epoch >= 0 and len(path) <= PATH_MOST:
            return Origin(path, epoch)
    return None


_EXTREME = (b"\xcb\x7f", b"\xcb\xff", b"\xca\x7f", b"\xca\xff")


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, msgspec.Struct):
        return all(map(_is_finite, msgspec.structs.astuple(value)))
    return all(map(_is_finite, value)) if isinstance(value, list) else True
