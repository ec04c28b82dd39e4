"""The dead letters of some devices, ticked off one by one."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from ingest.simulator.comparison.findings import Findings
from ingest.simulator.fault import Fault
from ingest.simulator.spoiling import NO_SERIALS
from streaming.models import DeadLetter


class Letter(NamedTuple):
    """One dead letter; `fields`: the content of a canonical record."""

    kind: str
    device_sn: str
    reason: str
    form: str
    payload: bytes
    fields: dict[str, Any]


Key = tuple[str, str, int]  # kind, serial, epoch seconds


class Letters:
    """Every letter found is either expected, once, or a finding."""

    def __init__(self, found: Iterable[Letter], findings: Findings) -> None:
        self._findings = findings
        self._as_received: dict[bytes, list[Letter]] = defaultdict(list)
        self._records: dict[Key, list[Letter]] = defaultdict(list)
        for letter in found:
            if letter.form == DeadLetter.Form.RECORD:
                self._records[_key(letter)].append(letter)
            else:
                self._as_received[letter.payload].append(letter)

    def fault(self, fault: Fault, *, accepted: bool) -> bool:
        """Tick off the letter of an impossible record; whether there is one."""
        found = self._as_received.pop(fault.payload, [])
        name = f"dead letter {fault.kind} {fault.device_sn} ({fault.reason})"
        if not found:
            return False
        self._count(fault.kind, name, len(found), accepted=accepted)
        letter = found[0]
        wanted = (fault.kind, fault.device_sn, DeadLetter.Form.JSON)
        if (letter.kind, letter.device_sn, letter.form) != wanted or not letter.reason.startswith(fault.reason):
            self._findings.is_different(f"{name}: {letter.kind} {letter.device_sn} {letter.form} {letter.reason}")
        return True

    def conflict(self, key: Key, differs: Callable[[dict[str, Any]], list[str]], *, name: str, accepted: bool) -> bool:
        """Tick off the letter of a record whose key another one has, `differs` compares its content; whether there
        is one."""
        held = self._records.pop(key, [])
        found: list[Letter] = []
        for letter in held:
            (self._records[key] if differs(letter.fields) else found).append(letter)
        if not found:
            return False
        # What a phone relays is another body than the watch's: each may have its letter.
        ways = {letter.fields.get("upload_method") for letter in found}
        self._count(key[0], f"dead letter of {name}", len(found) - len(ways) + 1, accepted=accepted)
        if wrong := {letter.reason for letter in found} - {"conflict"}:
            self._findings.is_different(f"dead letter of {name}: {', '.join(wrong)}, not conflict")
        return True

    def rest(self) -> None:
        """What nobody expected."""
        for letters in (*self._as_received.values(), *self._records.values()):
            for letter in letters:
                content = letter.payload[:300].decode(errors="replace")
                self._findings.is_buried_wrongly(
                    f"unexpected dead letter {letter.kind} {letter.device_sn} ({letter.reason}): {content}"
                )

    def _count(self, kind: str, name: str, count: int, *, accepted: bool) -> None:
        if count > 1:
            self._findings.is_doubled(f"{name}: {count} letters")
        if accepted:
            self._findings.dead[kind] += 1
        else:
            self._findings.unasked += 1


def of_serials(serials: Iterable[str]) -> Iterable[Letter]:
    """The letters of these devices. The serial of an impossible record may stand as it was received, and the database
    may compare without case."""
    wanted = set(serials)
    spelt = {unicodedata.normalize("NFD", serial) for serial in wanted} | wanted
    return (letter for letter in _read(device_sn__in=spelt) if letter.device_sn in wanted)


def without_serial(mark: bytes, *, since: datetime) -> Iterable[Letter]:
    """The letters of impossible records that told no serial: `mark` is in their payload."""
    return (letter for letter in _read(device_sn__in=NO_SERIALS, received_at__gte=since) if mark in letter.payload)


def _read(**where: Any) -> Iterable[Letter]:
    rows = DeadLetter.objects.filter(**where).values_list("kind", "device_sn", "reason", "form", "payload")
    for kind, spelt, reason, form, payload in rows.iterator():
        content, device_sn = bytes(payload), unicodedata.normalize("NFC", spelt)
        fields = msgspec.json.decode(content) if form == DeadLetter.Form.RECORD else {}
        yield Letter(kind, device_sn, reason, form, content, fields)


def _key(letter: Letter) -> Key:
    return letter.kind, letter.device_sn, letter.fields.get("timestamp", 0)
