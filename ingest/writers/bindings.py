"""Whom a device belongs to, as far as its own state says: fills in what a record does not know."""

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from ingest.rows import Table

R = TypeVar("R", bound=Any)

IDS = ("customer_id", "org_id", "user_id")
_DEVICES = Table("t_device_info", IDS, ("serial_number",))


class Bindings:
    """The last known bindings of the devices of some records."""

    def __init__(self, records: Iterable[Any], *, serial: str = "device_sn") -> None:
        self._serial = serial
        lacking = {getattr(r, serial) for r in records if None in (r.customer_id, r.org_id, r.user_id)}
        rows = _DEVICES.select(("serial_number", *IDS), [(found,) for found in sorted(lacking)])
        self._known = {row[0]: dict(zip(IDS, row[1:], strict=True)) for row in rows}

    def fill(self, record: R) -> R:
        """The record, its unknown ids taken from its device."""
        return with_ids(record, self._known.get(getattr(record, self._serial), {}))


def ids(record: Any) -> tuple[int | None, ...]:
    """Customer, organisation and user of a record."""
    return (record.customer_id, record.org_id, record.user_id)


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
