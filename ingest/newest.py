"""The newest rows of one device, each table by the index of its natural key alone."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from ingest import times
from ingest.models import CommonEvent, DeviceInfoHistory, HealthData
from ljwx.indexes import steps
from streaming.registry import Key

# Types of events of one device that are looked at.
MOST_TYPES = 100


def health(device: str, until: int, most: int) -> Sequence[Key]:
    """The keys of at most `most` readings at or before `until`, newest first. Raises django.db.Error."""
    return _newest(HealthData.objects.filter(device_sn=device), ("device_sn", "timestamp"), device, until, most)


def device(device: str, until: int, most: int) -> Sequence[Key]:
    """The keys of at most `most` device states at or before `until`, newest first. Raises django.db.Error."""
    rows = DeviceInfoHistory.objects.filter(serial_number=device)
    return _newest(rows, ("serial_number", "timestamp"), device, until, most)


def event(device: str, until: int, most: int) -> Sequence[Key]:
    """The keys of at most `most` events at or before `until`, newest first, of the first hundred types that the device
    has. Raises django.db.Error."""
    rows, columns = (
        CommonEvent.objects.filter(device_sn=device),
        ("device_sn", "event_type", "timestamp", "value_digest"),
    )
    # The index has the type before the time: one range of it for each type.
    found = [
        key
        for name in islice(steps(rows, "event_type"), MOST_TYPES)
        for key in _newest(rows.filter(event_type=name), columns, device, until, most)
    ]
    return sorted(found, key=lambda key: key[2], reverse=True)[:most]


def _newest(rows: Any, columns: Sequence[str], device: str, until: int, most: int) -> list[Key]:
    found = rows.filter(timestamp__lte=times.aware(until)).order_by("-timestamp").values_list(*columns)[:most]
    place = columns.index("timestamp")
    return [
        (*key[:place], times.local_text(int(key[place].timestamp())), *key[place + 1 :])
        for key in found
        if key[0] == device  # MariaDB takes no notice of blanks at the end
    ]
