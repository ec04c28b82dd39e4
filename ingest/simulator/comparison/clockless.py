"""Readings without a time: each accepted attempt is a row of its second of receipt."""

from collections.abc import Sequence

from ingest.models import HealthData
from ingest.simulator.clockless import Attempt, ClocklessWearer
from ingest.simulator.comparison import rows
from ingest.simulator.comparison.findings import Findings
from ingest.simulator.comparison.health import COLUMNS, Readings
from ingest.simulator.comparison.rivalry import Row
from ingest.simulator.comparison.values import local
from ingest.simulator.reading import MEASURED
from ingest.simulator.wearer import Wearer

APART_S = 2  # how far the clocks of the server and of the simulator may be apart
STEP = 1 + MEASURED.index("step")


def compare(wearers: Sequence[Wearer], findings: Findings) -> None:
    """Compare the readings of those `wearers` that have no clock. An attempt of which nobody knows whether it was
    received may have a row too, at any time after it was sent."""
    without = [wearer for wearer in wearers if isinstance(wearer, ClocklessWearer)]
    serials = [wearer.serial for wearer in without]
    found = rows.read(HealthData, serials, serial="device_sn", key=("timestamp",), columns=COLUMNS)
    for wearer in without:
        held = [(int(at.timestamp()), row) for at, same in found.get(wearer.serial, {}).items() for row in same]
        for attempt in wearer.attempts:
            if attempt.answered_at is None:
                continue
            own = next((pair for pair in held if _fits(attempt, *pair)), None)
            if own is None:
                findings.is_missing(f"{_name(wearer, attempt.sent_at)}")
                continue
            held.remove(own)
            findings.stored[wearer.readings.kind] += 1
            _compare_values(wearer, own, findings)
        unknown = [attempt for attempt in wearer.attempts if attempt.answered_at is None]
        for at, row in held:
            if not any(_fits(attempt, at, row) for attempt in unknown):
                findings.is_different(f"{_name(wearer, at)}: a row that nobody sent then")
                continue
            findings.unasked += 1
            _compare_values(wearer, (at, row), findings)


def _compare_values(wearer: ClocklessWearer, held: tuple[int, Row], findings: Findings) -> None:
    at, row = held
    if differs := Readings(wearer).differs(row[STEP], row):
        findings.is_different(f"{_name(wearer, at)}: {'; '.join(differs)}")


def _name(wearer: ClocklessWearer, at: float) -> str:
    return f"reading without a time, {wearer.serial} {local(int(at))}"


def _fits(attempt: Attempt, at: int, row: Row) -> bool:
    until = float("inf") if attempt.answered_at is None else attempt.answered_at
    return bool(row[STEP] == attempt.number and attempt.sent_at - APART_S <= at <= until + APART_S)
