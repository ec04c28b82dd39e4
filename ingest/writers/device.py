"""Device states → `t_device_info_history` (each once) and `t_device_info` (forward in device time only)."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from ingest import times
from ingest.owners import IDS, agree, ids, with_ids
from ingest.records import Device
from ingest.rows import Table
from ingest.writers.bindings import Bindings
from ingest.writers.clock import now_text
from ingest.writers.keep import keep_first
from streaming.registry import Key, Written

STATE = (
    "system_software_version", "wifi_address", "bluetooth_address", "ip_address", "network_access_mode",
    "device_name", "imei", "battery_level", "voltage", "status", "wearable_status", "charging_status",
)  # fmt: skip
COLUMNS = ("serial_number", "timestamp", *STATE, *IDS, "create_time", "update_time")
HISTORY = Table("t_device_info_history", COLUMNS, ("serial_number", "timestamp"))
DEVICES = Table("t_device_info", COLUMNS, ("serial_number",))

# Another program may have left a row without its time.
_NEWER = "({old.timestamp} IS NULL OR {new.timestamp} > {old.timestamp})"
FORWARD = {
    **{name: f"CASE WHEN {_NEWER} THEN {{new.{name}}} ELSE {{old.{name}}} END" for name in (*STATE, "update_time")},
    # A state that does not know its owner leaves the last known one.
    **{
        name: f"CASE WHEN {_NEWER} THEN COALESCE({{new.{name}}}, {{old.{name}}})"
        f" ELSE COALESCE({{old.{name}}}, {{new.{name}}}) END"
        for name in IDS
    },
    "timestamp": f"CASE WHEN {_NEWER} THEN {{new.timestamp}} ELSE {{old.timestamp}} END",
}


_state = attrgetter(*STATE)


def key(record: Device) -> Key:
    """The natural key as the table holds it."""
    return (record.serial_number, times.local_text(record.timestamp))


def same(record: Device, held: Sequence[Any]) -> bool:
    """Whether a row (STATE, then ids) holds the values of `record`."""
    owner = dict(zip(IDS, held[len(STATE) :], strict=True))
    return _state(record) == tuple(held[: len(STATE)]) and agree(record, owner)


def write(records: Sequence[Device], shadow: bool = False) -> Written:
    """Store states in the caller's transaction; idempotent, and in any order of arrival the newest state stands."""
    now, known = now_text(), Bindings(records, serial="serial_number")

    def row(record: Device) -> tuple[Any, ...]:
        return (
            *key(record),
            *_state(record),
            *ids(known.fill(record)),
            now,
            now,
        )

    kept = keep_first(
        HISTORY.of(shadow),
        "device",
        records,
        key=key,
        row=row,
        compared=(*STATE, *IDS),
        values=lambda record: (*_state(record), *ids(known.fill(record))),
        same=same,
    )
    newest: dict[str, Device] = {}
    for record in sorted(kept.stored, key=key):
        held = newest.get(record.serial_number)
        owner = dict(zip(IDS, ids(held), strict=True)) if held else {}
        newest[record.serial_number] = with_ids(record, owner)
    DEVICES.of(shadow).insert_or([row(record) for _, record in sorted(newest.items())], FORWARD)
    return kept.written
