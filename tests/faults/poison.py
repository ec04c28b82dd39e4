"""Entries that can not be stored, each in its own way, put into the streams behind the edge's back."""

import time
from collections import Counter

from ingest.records import Device, Health
from ljwx.redis import client
from streaming import registry
from streaming.envelope import FIELD, VERSION, Envelope, encode

BEGUN = 1_780_000_000  # the time of the first poisoned record, epoch seconds
KINDS = ("health", "device")
# What each becomes: reason of its dead letter.
REASONS = ("database: DataError 1264", "undecodable: ", "database: DataError 1406")


def put(prefix: str, number: int) -> None:
    """Append entry `number`: a reading out of the column's range beside a sound one, bytes that are no envelope, or a
    state whose name is too long."""
    serial, at = f"{_of(prefix)}{number:05d}", BEGUN + number
    match number % len(REASONS):
        case 0:
            _append("health", encode(_envelope("health", [Health(serial, at, 70_000), Health(serial, at + 1, 70)])))
        case 1:
            _append("health", serial.encode())
        case _:
            _append("device", encode(_envelope("device", [Device(serial, at, device_name="n" * 5_000)])))


def wrong(prefix: str, count: int) -> str:
    """What is not as it must be after `count` entries: each bad record one dead letter with its reason, each sound one
    a row. Nothing when all is well."""
    from ingest.models import DeviceInfoHistory, HealthData  # Django is set up now
    from streaming.models import DeadLetter

    held: Counter[tuple[str, str]] = Counter()
    for serial, reason, payload in DeadLetter.objects.values_list("device_sn", "reason", "payload"):
        name = serial or bytes(payload).decode(errors="replace")
        if name.startswith(_of(prefix)):
            held[name, next((known for known in REASONS if reason.startswith(known)), reason)] += 1
    wanted = Counter((f"{_of(prefix)}{number:05d}", REASONS[number % len(REASONS)]) for number in range(count))
    if held != wanted:
        return f"dead letters of poison: {dict(wanted - held)} missing, {dict(held - wanted)} too many"
    sound = HealthData.objects.filter(device_sn__startswith=_of(prefix)).values_list("heart_rate", flat=True)
    if list(sound) != [70] * len(range(0, count, len(REASONS))):
        return f"{len(sound)} rows of the sound neighbours of poison"
    states = DeviceInfoHistory.objects.filter(serial_number__startswith=_of(prefix)).count()
    return f"{states} poisoned states are rows" if states else ""


def _of(prefix: str) -> str:
    # Not the prefix itself, by which a simulation finds what is its own.
    return f"BAD{prefix.removeprefix('SIM')}"


def _envelope(kind: str, records: list[object]) -> Envelope[object]:
    return Envelope(VERSION, kind, int(time.time() * 1000), "stream", 1, records)


def _append(kind: str, data: bytes) -> None:
    client("control").xadd(registry.get(kind).stream, {FIELD: data})
