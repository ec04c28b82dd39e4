"""Whom a device belongs to, as far as its own state says: fills in what a record does not know."""

from collections.abc import Iterable
from typing import Any

from ingest.owners import IDS, R, with_ids
from ingest.rows import Table

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
