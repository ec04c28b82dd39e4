"""Events → `t_common_event`, the readings they carry → the health tables, and one alert for each that has a rule."""

from collections.abc import Sequence
from hashlib import blake2b
from operator import attrgetter
from typing import Any

from ingest import times
from ingest.alerts import SEVERITY, dedup_key
from ingest.owners import IDS, agree, ids
from ingest.records import Event
from ingest.rows import Table
from ingest.writers import health
from ingest.writers.bindings import Bindings
from ingest.writers.clock import now_text
from ingest.writers.keep import keep_first
from streaming.registry import Key, Written

POSITION = ("latitude", "longitude", "altitude")
EVENTS = Table(
    "t_common_event",
    ("device_sn", "event_type", "timestamp", "value_digest", "event_value", *POSITION, *IDS, "create_time",
     "update_time"),
    ("device_sn", "event_type", "timestamp", "value_digest"),
)  # fmt: skip
ALERTS = Table(
    "t_alert_info",
    ("dedup_key", "alert_type", "device_sn", "alert_timestamp", "alert_desc", "severity_level", "alert_status",
     *POSITION, "health_id", *IDS, "create_time", "update_time"),
    ("dedup_key",),
)  # fmt: skip


_position = attrgetter(*POSITION)


def value_digest(value: str) -> str:
    """What stands for a value of any length in the unique key."""
    return blake2b(value.encode(), digest_size=16).hexdigest()


def key(record: Event) -> Key:
    """The natural key as the table holds it."""
    return (record.device_sn, record.event_type, times.local_text(record.timestamp), value_digest(record.event_value))


def same(record: Event, held: Sequence[Any]) -> bool:
    """Whether a row (POSITION, then ids) can be this event: one relayed without its position is still the same."""
    position = zip(_position(record), held, strict=False)
    owner = dict(zip(IDS, held[len(POSITION) :], strict=True))
    return all(None in pair or pair[0] == pair[1] for pair in position) and agree(record, owner)


def write(records: Sequence[Event], shadow: bool = False) -> Written:
    """Store events, their readings and their alerts in the caller's transaction; idempotent. A shadow alerts nobody."""
    now, known = now_text(), Bindings(records)
    readings = sorted((reading for record in records for reading in record.health), key=health.key)
    nested = health.write(readings, shadow) if readings else Written()
    kept = keep_first(
        EVENTS.of(shadow),
        "event",
        records,
        key=key,
        row=lambda record: (
            *key(record),
            record.event_value,
            *_position(record),
            *ids(known.fill(record)),
            now,
            now,
        ),
        compared=(*POSITION, *IDS),
        values=lambda record: (*_position(record), *ids(known.fill(record))),
        same=same,
    )
    if not shadow:
        _raise_alerts([known.fill(record) for record in kept.stored if record.event_type in SEVERITY], now)
    own = kept.written
    return Written(own.new, own.duplicates, [*own.conflicts, *nested.conflicts], [*own.fresh, *nested.fresh])


def _raise_alerts(records: Sequence[Event], now: str) -> None:
    if not records:
        return
    keys = sorted({health.key(record.health[0]) for record in records if record.health})
    rows = {tuple(row[:2]): row[2] for row in health.READINGS.select(("device_sn", "timestamp", "id"), keys)}
    alerts = {
        dedup_key(record): (
            record.event_type,
            record.device_sn,
            times.local_text(record.timestamp),
            f"{record.event_type}: {record.event_value}"[:500],
            SEVERITY[record.event_type],
            "pending",
            *_position(record),
            rows.get(health.key(record.health[0])) if record.health else None,
            *ids(record),
            now,
            now,
        )
        for record in reversed(records)
    }
    ALERTS.insert_new([(found, *row) for found, row in sorted(alerts.items())])
