"""From an entry, as Redis hands it out, to what is to be stored and what is to be buried."""

from streaming import deadletters
from streaming.deadletters import Burial
from streaming.envelope import FIELD, Undecodable, decode
from streaming.models import DeadLetter
from streaming.registry import Kind
from streaming.storing import Item

Fields = dict[bytes, bytes]
# Without fields: deleted from the stream. Without an id: the same, and Redis 6.2 does not say which.
RawEntry = tuple[bytes | None, Fields | None]


def open_entry(kind: Kind, identifier: bytes, fields: Fields) -> tuple[list[Item], list[Burial]]:
    """The records of an entry and what the edge rejected; one that can not be read is buried whole."""
    try:
        envelope = decode(fields.get(FIELD, b""), record=kind.record, kind=kind.name)
    except Undecodable as error:
        return [], [whole(kind, identifier, fields, f"{deadletters.UNDECODABLE}: {error}")]
    return (
        [Item(record, envelope.received_ms) for record in envelope.records],
        [deadletters.of_reject(reject, received_ms=envelope.received_ms) for reject in envelope.rejects],
    )


def whole(kind: Kind, identifier: bytes, fields: Fields, reason: str) -> Burial:
    """The burial of an entry byte for byte, with all its fields when it has others than ours."""
    content = fields.get(FIELD) if set(fields) == {FIELD} else repr(fields).encode()
    return Burial(kind.name, "", reason, DeadLetter.Form.ENTRY, content or b"", int(identifier.split(b"-")[0]))
