"""Readings and the rows of `t_user_health_data`."""

from collections.abc import Sequence
from typing import Any

from ingest.models import HealthData
from ingest.simulator.comparison import rows
from ingest.simulator.comparison.findings import Findings
from ingest.simulator.comparison.letters import Letters
from ingest.simulator.comparison.periods import Periods
from ingest.simulator.comparison.rivalry import Records, Row, settle
from ingest.simulator.comparison.values import IDS, binding, differing, differing_ids, local
from ingest.simulator.ids import UNKNOWN, Ids
from ingest.simulator.reading import MEASURED, Reading
from ingest.simulator.wearer import Wearer

WIDTH = len(MEASURED)
NEVER_SENT = {"user_name": None, "phone_number": None, "is_deleted": False}
COLUMNS = ("id", *MEASURED, *IDS, "upload_method", *NEVER_SENT)
RowIds = dict[tuple[str, int], int]


class Readings(Records):
    """A row is (id, MEASURED, ids, upload_method, NEVER_SENT)."""

    def __init__(self, wearer: Wearer) -> None:
        super().__init__(wearer, wearer.readings)
        self._binding = binding(wearer)
        self._carriers = {held: event for event, held in wearer.nested.items()}

    def differs(self, number: int, row: Row) -> list[str]:
        reading = self.wearer.reading(number)
        _, *held = row
        found = differing(MEASURED, [getattr(reading, name) for name in MEASURED], held[:WIDTH])
        found += differing_ids(*self._ids(number, reading), held[WIDTH : WIDTH + 3])
        methods = self.wearer.stored_methods(number)
        if held[WIDTH + 3] not in methods:
            found.append(f"upload_method is {held[WIDTH + 3]!r}, not {' or '.join(sorted(methods))}")
        return found + differing(tuple(NEVER_SENT), tuple(NEVER_SENT.values()), held[WIDTH + 4 :])

    def _ids(self, number: int, reading: Reading) -> tuple[Ids, Ids]:
        """Whom it says it belongs to, and what may be filled in. A reading inside an event belongs to whom its event
        does; one that was also sent without the event may have been stored before anybody knew."""
        carrier = self._carriers.get(number)
        if carrier is None or reading.ids != UNKNOWN:
            return reading.ids, self._binding
        ids = self.wearer.event(carrier).ids
        if self.wearer.stored_methods(number) == {"common_event"}:
            return ids, self._binding
        return UNKNOWN, self._binding if ids == UNKNOWN else ids

    def row(self, fields: dict[str, Any]) -> Row:
        return [None, *(fields.get(name) for name in (*MEASURED, *IDS, "upload_method")), *NEVER_SENT.values()]


def compare(wearers: Sequence[Wearer], letters: Letters, findings: Findings, *, in_order: bool) -> RowIds:
    """Compare the readings of `wearers` and what is nested in them. Returns the row ids of the readings that events
    carry, by serial and number."""
    found = rows.read(HealthData, [w.serial for w in wearers], serial="device_sn", key=("timestamp",), columns=COLUMNS)
    ids: RowIds = {}
    periods = Periods()
    for wearer in wearers:
        records, track, carried = Readings(wearer), wearer.readings, set(wearer.nested.values())
        held = {int(at.timestamp()): same for at, same in found.get(wearer.serial, {}).items()}
        for number in track.firsts():
            same = held.pop(track.times[number], [])
            stored = settle(records, number, same, letters, findings, in_order=in_order)
            if same and number in carried:
                ids[wearer.serial, number] = same[0][0]
            if stored is not None or track.was_accepted(number):
                periods.note(wearer.serial, wearer.reading(number))
        for at, same in held.items():
            findings.is_different(f"health {wearer.serial} {local(at)}: {len(same)} rows that nobody sent")
    periods.compare(wearers, findings)
    return ids
