"""Events and the rows of `t_common_event` and `t_alert_info`."""

from collections.abc import Sequence
from typing import Any

from ingest.models import AlertInfo, CommonEvent
from ingest.simulator.comparison import rows
from ingest.simulator.comparison.findings import Findings
from ingest.simulator.comparison.health import RowIds
from ingest.simulator.comparison.letters import Letters
from ingest.simulator.comparison.rivalry import Records, Row, settle
from ingest.simulator.comparison.values import IDS, binding, differing, differing_ids, local
from ingest.simulator.event import SEVERITY
from ingest.simulator.wearer import Wearer

PLACE = ("latitude", "longitude", "altitude")
COLUMNS = (*PLACE, *IDS)
KEY = ("event_type", "event_value")
ALERT = ("severity_level", "alert_status", "health_id")


class Events(Records):
    """A row is (PLACE, ids, KEY)."""

    def __init__(self, wearer: Wearer) -> None:
        super().__init__(wearer, wearer.events)
        self._binding = binding(wearer)

    def differs(self, number: int, row: Row) -> list[str]:
        event = self.wearer.event(number)
        found = differing(PLACE, [getattr(event, name) for name in PLACE], row[:3])
        found += differing_ids(event.ids, self._binding, row[3:6])
        return found + differing(KEY, (event.type, event.value), row[6:])

    def row(self, fields: dict[str, Any]) -> Row:
        return [fields.get(name) for name in (*COLUMNS, *KEY)]


def compare(
    wearers: Sequence[Wearer], readings: RowIds, letters: Letters, findings: Findings, *, in_order: bool
) -> None:
    """Compare the events of `wearers` and their alerts. `readings`: row ids of the readings that events carry."""
    serials = [wearer.serial for wearer in wearers]
    events = rows.read(CommonEvent, serials, serial="device_sn", key=("timestamp", *KEY), columns=(*COLUMNS, *KEY))
    alerts = rows.read(
        AlertInfo,
        serials,
        serial="device_sn",
        key=("alert_timestamp", "alert_type"),
        columns=(*COLUMNS, *ALERT, "dedup_key"),
    )
    for wearer in wearers:
        records, track = Events(wearer), wearer.events
        held = {(int(at.timestamp()), *key): same for (at, *key), same in events.get(wearer.serial, {}).items()}
        raised = {(int(at.timestamp()), kind): same for (at, kind), same in alerts.get(wearer.serial, {}).items()}
        for number in track.firsts():
            event = wearer.event(number)
            same = held.pop((event.timestamp, event.type, event.value), [])
            stored = settle(records, number, same, letters, findings, in_order=in_order)
            if stored is not None or track.was_accepted(number):
                found = raised.pop((event.timestamp, event.type), [])
                _compare_alert(records, number if stored is None else stored, found, readings, findings)
        for at, *key in held:
            findings.is_different(f"event {wearer.serial} {local(at)} {key}: a row that nobody sent")
        for at, kind in raised:
            findings.is_different(f"alert {wearer.serial} {local(at)} {kind}: no event accounts for it")


def _compare_alert(records: Events, number: int, found: Sequence[Row], readings: RowIds, findings: Findings) -> None:
    """Exactly one alert for an event that has a rule, none for another."""
    wearer = records.wearer
    kind, value = wearer.event(number).type, wearer.event(number).value
    name = f"alert {kind} of {records.name(number)}"
    severity = SEVERITY.get(kind)
    if severity is None:
        if found:
            findings.is_different(f"{name}: an event without a rule")
        return
    if not found:
        findings.is_missing(name)
        return
    if len(found) > 1:
        findings.is_doubled(f"{name}: {len(found)} alerts")
    reading = readings.get((wearer.serial, wearer.nested.get(number, -1)))
    *row, dedup_key = found[0]
    differs = records.differs(number, [*row[:6], kind, value]) + differing(
        ALERT, (severity, "pending", reading), row[6:]
    )
    if not dedup_key:
        differs.append("dedup_key is empty: nothing keeps it one")
    if differs:
        findings.is_different(f"{name}: {'; '.join(differs)}")
