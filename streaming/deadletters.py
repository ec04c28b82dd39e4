"""Burying records that can not be stored, each once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import msgspec
from django.db import connection
from django.utils import timezone

from ljwx.portions import ROW, portions
from streaming.envelope import Origin, Reject
from streaming.fingerprints import REASON_MOST, fingerprint
from streaming.models import DeadLetter
from streaming.registry import Kind, Record

# Categories that arise at storing; all but CONFLICT, which devices send, weigh on the budget.
CONFLICT = "conflict"
UNDECODABLE = "undecodable"
IMPOSSIBLE = "impossible"
DATABASE = "database"
UNKNOWN = "unknown"
UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class Burial:
    """One record on its way to the dead letters. `received_ms`: epoch milliseconds at the edge. `carried`: it came in
    another record, which is counted in its stead. `origin`: the route of its entry, if it came in one."""

    kind: str
    device_sn: str
    reason: str
    form: str
    payload: bytes
    received_ms: int
    carried: bool = False
    origin: Origin | None = None

    @property
    def weighs(self) -> bool:
        """Whether it was found at storing, where a bad deployment shows: neither by the edge nor sent twice."""
        return self.form != DeadLetter.Form.JSON and self.reason != CONFLICT

    @property
    def digest(self) -> str:
        """What makes this record one: not its reason, which may differ from one delivery to the next."""
        return blake2b(f"{self.kind}:{self.form}:".encode() + self.payload, digest_size=16).hexdigest()


def category(reason: str) -> str:
    """A reason without its values: what stands before the first colon."""
    return reason.partition(":")[0].strip()[:64]


def payload(record: Record) -> bytes:
    """A canonical record as one JSON object with its field names."""
    return msgspec.json.encode(msgspec.structs.asdict(record))


def record(kind: Kind, data: bytes) -> Record:
    """The record that `payload` wrote. Raises msgspec.ValidationError when it no longer fits its kind."""
    fields: dict[str, Any] = msgspec.json.decode(data)
    names = kind.record.__struct_fields__
    if set(fields) - set(names):
        raise msgspec.ValidationError(f"fields that {kind.name} does not have: {sorted(set(fields) - set(names))}")
    known = [name for name in names if name in fields]
    if known != list(names[: len(known)]):
        raise msgspec.ValidationError("fields are missing")
    return msgspec.convert([fields[name] for name in known], kind.record)


def of_reject(reject: Reject, *, received_ms: int) -> Burial:
    """The burial of a record that the edge found impossible."""
    return Burial(reject.kind, reject.device_sn, reject.reason, DeadLetter.Form.JSON, reject.payload, received_ms)


def of_record(
    kind: Kind, item: Record, reason: str, *, received_ms: int, carried: bool = False, origin: Origin | None = None
) -> Burial:
    """The burial of a canonical record."""
    device_sn, content = kind.device(item), payload(item)
    return Burial(kind.name, device_sn, reason, DeadLetter.Form.RECORD, content, received_ms, carried, origin)


def bury(burials: Iterable[Burial]) -> int:
    """Write `burials` in the caller's transaction, sorted, each once however often it is delivered; returns the new.

    Raises what the database raises: then nothing may be acknowledged.
    """
    unique = {burial.digest: burial for burial in burials}
    if not unique:
        return 0
    known = set(DeadLetter.objects.filter(digest__in=unique).values_list("digest", flat=True))
    now = timezone.now()
    rows = [
        DeadLetter(
            kind=burial.kind[:16],
            device_sn=burial.device_sn[:64],
            reason=burial.reason[:REASON_MOST],
            category=category(burial.reason),
            fingerprint=fingerprint(burial.kind[:16], burial.reason),
            form=burial.form,
            payload=burial.payload,
            digest=digest,
            received_at=_moment(burial.received_ms),
            created_at=now,
        )
        for digest, burial in sorted(unique.items())
        if digest not in known
    ]
    # A no-op upsert: two consumers may bury the same record at once. Never INSERT IGNORE, which cuts values to fit.
    for part in portions(rows, weigh=_weight):
        DeadLetter.objects.bulk_create(
            part,
            update_conflicts=True,
            update_fields=["digest"],
            unique_fields=["digest"] if connection.features.supports_update_conflicts_with_target else None,
        )
    return len(rows)


def _weight(letter: DeadLetter) -> int:
    return ROW + len(letter.payload)


def _moment(milliseconds: int) -> datetime:
    """A time for the table; the epoch when the entry names one that no calendar holds."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)
