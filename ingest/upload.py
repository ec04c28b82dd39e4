"""One upload as canonical records: what the edge makes of a body before it chooses a path."""

import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from rest_framework.exceptions import APIException

from ingest import body, dialects
from ingest.body import Path
from ingest.owners import IDS, ids, with_ids
from ingest.readers import device, event, health, typed
from ingest.readers.common import SERIAL_MOST
from ingest.records import Device, Event, Health
from ingest.values import Impossible
from streaming.envelope import Reject

HEALTH, DEVICE, EVENT = "health", "device", "event"
Record = Health | Device | Event
Group = tuple[str, list[tuple[Path, Any]], dict[str, Any]]
LISTS = {"health_data": HEALTH, "device_info": DEVICE, "alert_data": EVENT}


class TooMany(APIException):
    """Raised when an upload holds more records than a request may."""

    status_code = 413
    default_detail = "too many records in one request"


@dataclass(slots=True)
class Part:
    """The records of one kind and device. `rejects` become dead letters."""

    kind: str
    device_sn: str
    records: list[Record] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


@dataclass(slots=True)
class Upload:
    """One request: its parts, and what is answered of each impossible record. `received_ms` is fixed here, once."""

    received_ms: int
    parts: dict[tuple[str, str], Part] = field(default_factory=dict)
    accepted: int = 0
    nested: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)

    def part(self, kind: str, device_sn: str) -> Part:
        part = self.parts.get((kind, device_sn))
        if part is None:
            part = self.parts[kind, device_sn] = Part(kind, device_sn)
        return part


clock: Callable[[], float] = time.time


def read(raw: bytes, *, kind: str, depth: int, most: int, mixed: bool = False) -> Upload:
    """The upload in `raw`. With `mixed`, an object of the lists `health_data`, `device_info` and `alert_data` is read
    as those kinds. Raises ParseError (400) or TooMany (413); a record that can not be is a reject, never an error."""
    upload = Upload(received_ms=int(clock() * 1000))
    if kind == HEALTH and (known := typed.readings(raw, now=upload.received_ms / 1000)) and len(known) <= most:
        for record in known:
            upload.part(HEALTH, record.device_sn).records.append(record)
        upload.accepted = len(known)
        return upload
    content = body.decode(raw, depth=depth)
    source = body.Source(raw)
    groups: list[Group] = []
    if mixed and isinstance(content, dict) and dialects.first(content, dialects.EVENT_TYPE) is None:
        groups = _lists(content)
    if not groups:
        found, beside = body.elements(content)
        groups = [(kind, found, beside)]
    if sum(len(found) for _, found, _ in groups) > most:
        raise TooMany
    index = 0
    for name, found, beside in groups:
        for path, element in found:
            _take(upload, source, name, index, path, element, beside)
            index += 1
            if index + upload.nested > most:
                raise TooMany
    if len(groups) > 1:
        _share_owners(upload)
    return upload


def _share_owners(upload: Upload) -> None:
    """In a mixed batch the records of a device know its owner when its state beside them does: else what is stored
    would depend on which kind is written first."""
    known = {
        serial: dict(zip(IDS, ids(part.records[-1]), strict=True))
        for (kind, serial), part in upload.parts.items()
        if kind == DEVICE and part.records
    }
    for (kind, serial), part in upload.parts.items():
        if kind != DEVICE and serial in known:
            part.records = [_owned(record, known[serial]) for record in part.records]


def _owned(record: Record, owner: dict[str, int | None]) -> Record:
    if isinstance(record, Event) and record.health:
        nested = [with_ids(reading, owner) for reading in record.health]
        record = msgspec.structs.replace(record, health=nested)
    return with_ids(record, owner)


def _lists(content: dict[str, Any]) -> list[Group]:
    """The lists of a mixed batch; what stands in the place of a list is its only element."""
    groups: list[Group] = []
    for name, kind in LISTS.items():
        found = content.get(name)
        if isinstance(found, list):
            groups.append((kind, [((name, index), element) for index, element in enumerate(found)], content))
        elif found is not None:
            groups.append((kind, [((name,), found)], content))
    return groups


def _take(
    upload: Upload, source: body.Source, kind: str, index: int, path: Path, element: Any, beside: dict[str, Any]
) -> None:
    now = upload.received_ms / 1000
    try:
        if not isinstance(element, dict):
            raise Impossible("not an object")
        if kind == HEALTH:
            record: Record = health.read(element, beside=beside, now=now)
        elif kind == DEVICE:
            record = device.read(element, beside=beside, now=now)
        else:
            record, nested = event.read(element, beside=beside, now=now)
            upload.nested += len(nested.records) + len(nested.impossible)
            if nested.impossible:
                for reason, payload in impossible_readings(nested, source, path):
                    _reject(upload, HEALTH, index, f"healthData: {reason}", record.device_sn, payload)
    except Impossible as error:
        _reject(upload, kind, index, str(error), _serial(element, kind), source.at(path))
        return
    device_sn = record.serial_number if isinstance(record, Device) else record.device_sn
    upload.part(kind, device_sn).records.append(record)
    upload.accepted += 1


def _reject(upload: Upload, kind: str, index: int, reason: str, device_sn: str, payload: bytes) -> None:
    upload.rejected.append({"index": index, "reason": reason})
    upload.part(kind, device_sn).rejects.append(Reject(kind, device_sn, reason.removeprefix("healthData: "), payload))


def impossible_readings(nested: event.Nested, source: body.Source, path: Path) -> Iterator[tuple[str, bytes]]:
    """Reason and text of each reading that the event at `path` carries and that can not be.

    The text is byte for byte what was received. JSON in a string is text inside text: what such a reading was is what
    the string holds once decoded, in UTF-8, each lone surrogate as its JSON escape.
    """
    text = nested.text
    if text is not None:
        source, path = body.Source(text), ()
    for place, reason in nested.impossible:
        if place is None:
            yield reason, (text or "").encode(errors="backslashreplace")
        else:
            yield reason, source.at((*path, *place))


def _serial(element: Any, kind: str) -> str:
    """The serial of a record that can not be, as far as it can be told: only to find the dead letter again."""
    names = dialects.DEVICE_SERIAL if kind == DEVICE else dialects.SERIAL
    value = dialects.first(element, names) if isinstance(element, dict) else None
    if type(value) not in {str, int}:
        return ""
    text = "".join(c for c in str(value)[: 4 * SERIAL_MOST] if c.isprintable())
    return unicodedata.normalize("NFC", text).strip()[:SERIAL_MOST]
