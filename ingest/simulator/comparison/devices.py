"""States and the rows of `t_device_info_history` and `t_device_info`."""

from collections.abc import Sequence
from typing import Any

from ingest.models import DeviceInfo, DeviceInfoHistory
from ingest.simulator.comparison import rows
from ingest.simulator.comparison.findings import Findings
from ingest.simulator.comparison.letters import Letters
from ingest.simulator.comparison.rivalry import Records, Row, settle
from ingest.simulator.comparison.values import IDS, binding, differing, differing_ids, local
from ingest.simulator.ids import UNKNOWN
from ingest.simulator.state import COLUMNS as STATE
from ingest.simulator.wearer import Wearer

WIDTH = len(STATE)
COLUMNS = (*STATE, *IDS)


class States(Records):
    """A row is (STATE, ids)."""

    def __init__(self, wearer: Wearer) -> None:
        super().__init__(wearer, wearer.states)
        self._binding = binding(wearer)

    def differs(self, number: int, row: Row) -> list[str]:
        state = self.wearer.state(number)
        found = differing(STATE, [getattr(state, name) for name in STATE], row[:WIDTH])
        return found + differing_ids(state.ids, self._binding, row[WIDTH:])

    def row(self, fields: dict[str, Any]) -> Row:
        return [fields.get(name) for name in COLUMNS]


def compare(wearers: Sequence[Wearer], letters: Letters, findings: Findings, *, in_order: bool) -> None:
    """Compare the history of `wearers`, and the newest state of each."""
    serials = [wearer.serial for wearer in wearers]
    history = rows.read(DeviceInfoHistory, serials, serial="serial_number", key=("timestamp",), columns=COLUMNS)
    devices = rows.read(DeviceInfo, serials, serial="serial_number", key=("timestamp",), columns=COLUMNS)
    for wearer in wearers:
        records, track = States(wearer), wearer.states
        held = {int(at.timestamp()): same for at, same in history.get(wearer.serial, {}).items()}
        stored = []
        for number in track.firsts():
            found = settle(records, number, held.pop(track.times[number], []), letters, findings, in_order=in_order)
            if found is not None or track.was_accepted(number):
                stored.append(number if found is None else found)
        for at, same in held.items():
            findings.is_different(f"device {wearer.serial} {local(at)}: {len(same)} rows that nobody sent")
        newest = {int(at.timestamp()): same for at, same in devices.get(wearer.serial, {}).items()}
        _compare_newest(wearer, stored, newest, findings)


def _compare_newest(wearer: Wearer, stored: Sequence[int], held: dict[int, list[Row]], findings: Findings) -> None:
    """One row, which holds the newest of the `stored` states, and the ids that any of them knew."""
    name = f"newest state of {wearer.serial}"
    times = wearer.states.times
    count = sum(map(len, held.values()))
    if not stored or not count:
        if stored:
            findings.is_missing(name)
        elif count:
            findings.is_different(f"{name}: a row that no state accounts for")
        return
    if count > 1:
        findings.is_doubled(f"{name}: {count} rows")
    newest = max(stored, key=lambda number: times[number])
    if times[newest] not in held:
        findings.is_different(f"{name}: state of {local(next(iter(held)))}, not of {local(times[newest])}")
        return
    row, state = held[times[newest]][0], wearer.state(newest)
    ids = wearer.ids if any(wearer.state(number).ids != UNKNOWN for number in stored) else UNKNOWN
    differs = differing(COLUMNS, [*(getattr(state, column) for column in STATE), *ids], row)
    if differs:
        findings.is_different(f"{name}: {'; '.join(differs)}")
