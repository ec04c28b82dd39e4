"""Whom a device belongs to, as far as its own state says: fills in what a record does not know."""

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from ingest.rows import Table

R = TypeVar("R", bound=Any)

IDS = ("customer_id", "org_id", "user_id")
_DEVICES = Table("t_device_info", IDS, ("serial_number",))


def fill(records: Iterable[R], *, serial: str = "device_sn") -> list[R]:
    """The records, unknown ids taken from the device's last known binding (`t_device_info`)."""
    records = list(records)
    lacking = {getattr(r, serial) for r in records if None in (r.customer_id, r.org_id, r.user_id)}
    known = {row[0]: row[1:] for row in _DEVICES.select(("serial_number", *IDS), [(sn,) for sn in sorted(lacking)])}
    return [_filled(record, known.get(getattr(record, serial))) for record in records]


def _filled(record: R, known: tuple[Any, ...] | None) -> R:
    if known is None:
        return record
    return with_ids(record, dict(zip(IDS, known, strict=True)))


def with_ids(record: R, known: dict[str, Any]) -> R:
    """The record, its unknown ids taken from `known`."""
    missing = {name: value for name, value in known.items() if value is not None and getattr(record, name) is None}
    return msgspec.structs.replace(record, **missing) if missing else record


def agree(record: Any, held: dict[str, Any]) -> bool:
    """Whether the ids of a record and of its row can be the same: unknown agrees with anything."""
    return all(
        mine is None or theirs is None or mine == theirs
        for mine, theirs in ((getattr(record, name), held[name]) for name in IDS)
    )
