"""From an entry, as Redis hands it out, to what is to be stored and what is to be buried."""

from typing import NamedTuple

from monitoring import ledger
from streaming import deadletters
from streaming.deadletters import Burial
from streaming.envelope import FIELD, PATH_MOST, Origin, Undecodable, decode, origin
from streaming.models import DeadLetter
from streaming.registry import Kind
from streaming.storing import Item

MOST_APART_MS = 24 * 3_600_000
UNKNOWN = Origin(ledger.STREAM, 0)

Fields = dict[bytes, bytes]
# Without fields: deleted from the stream. Without an id: the same, and Redis 6.2 does not say which.
RawEntry = tuple[bytes | None, Fields | None]


class Opened(NamedTuple):
    """What is in an entry: records to store, what to bury, the minute since 1970 when the edge received it, and the
    route it had then."""

    items: list[Item]
    burials: list[Burial]
    minute: int
    origin: Origin


def open_entry(kind: Kind, identifier: bytes, fields: Fields) -> Opened:
    """The records of an entry and what the edge rejected; one that can not be read is buried whole."""
    try:
        envelope = decode(fields.get(FIELD, b""), record=kind.record, kind=kind.name)
    except Undecodable as error:
        return buried(kind, identifier, fields, f"{deadletters.UNDECODABLE}: {error}")
    appended_ms = _milliseconds(identifier)
    # An entry may say anything; the edge appends at once.
    came = Origin(envelope.path[:PATH_MOST], max(0, envelope.epoch))
    near = abs(envelope.received_ms - appended_ms) < MOST_APART_MS
    return Opened(
        [Item(record, envelope.received_ms, came) for record in envelope.records],
        [deadletters.of_reject(reject, received_ms=envelope.received_ms) for reject in envelope.rejects],
        (envelope.received_ms if near else appended_ms) // 60_000,
        came,
    )


def buried(kind: Kind, identifier: bytes, fields: Fields, reason: str) -> Opened:
    """An entry of which nothing can be stored."""
    burial = whole(kind, identifier, fields, reason)
    return Opened([], [burial], _milliseconds(identifier) // 60_000, burial.origin or UNKNOWN)


def whole(kind: Kind, identifier: bytes, fields: Fields, reason: str) -> Burial:
    """The burial of an entry byte for byte, with all its fields when it has others than ours."""
    content = fields.get(FIELD) if set(fields) == {FIELD} else repr(fields).encode()
    came = origin(fields.get(FIELD, b"")) or UNKNOWN
    return Burial(kind.name, "", reason, DeadLetter.Form.ENTRY, content or b"", _milliseconds(identifier), origin=came)


def _milliseconds(identifier: bytes) -> int:
    return int(identifier.split(b"-")[0])
