"""Nested data and the rows of `t_user_health_data_daily` and `…_weekly`: of each column the later reading wins."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Model

from ingest.models import HealthDaily, HealthWeekly
from ingest.simulator.comparison import rows
from ingest.simulator.comparison.findings import Findings
from ingest.simulator.comparison.values import differing, local
from ingest.simulator.reading import OF_THE_DAY, OF_THE_WEEK, Reading
from ingest.simulator.wearer import Wearer

Content = dict[str, tuple[Any, int]]  # column → (content, epoch seconds of its reading)


class Periods:
    """What the days and weeks of some devices must hold."""

    def __init__(self) -> None:
        self._days: dict[tuple[str, date], Content] = {}
        self._weeks: dict[tuple[str, date], Content] = {}

    def note(self, serial: str, reading: Reading) -> None:
        """Take a stored reading into account."""
        day = local(reading.timestamp).date()
        self._note(self._days, (serial, day), OF_THE_DAY, reading)
        self._note(self._weeks, (serial, day - timedelta(days=day.weekday())), OF_THE_WEEK, reading)

    def compare(self, wearers: Sequence[Wearer], findings: Findings) -> None:
        """Compare all days and weeks of `wearers`."""
        _compare(HealthDaily, "date", OF_THE_DAY, self._days, wearers, findings)
        _compare(HealthWeekly, "week_start", OF_THE_WEEK, self._weeks, wearers, findings)

    def _note(
        self, periods: dict[tuple[str, date], Content], key: tuple[str, date], columns: Sequence[str], reading: Reading
    ) -> None:
        for column in columns:
            content = getattr(reading, column)
            if content is None:
                continue
            held = periods.setdefault(key, {})
            if column not in held or held[column][1] < reading.timestamp:
                held[column] = (content, reading.timestamp)


def _compare(
    model: type[Model],
    period: str,
    columns: Sequence[str],
    wanted: dict[tuple[str, date], Content],
    wearers: Sequence[Wearer],
    findings: Findings,
) -> None:
    times = [column.removesuffix("_data") + "_at" for column in columns]
    names = [*columns, *times]
    serials = [wearer.serial for wearer in wearers]
    found = rows.read(model, serials, serial="device_sn", key=(period,), columns=names)
    for (serial, day), content in wanted.items():
        name = f"{period} {serial} {day}"
        held = found[serial].pop(day, [])
        if not held:
            findings.is_missing(name)
            continue
        if len(held) > 1:
            findings.is_doubled(f"{name}: {len(held)} rows")
        meant = [content.get(column, (None, None)) for column in columns]
        differs = differing(names, [pair[0] for pair in meant] + [pair[1] for pair in meant], held[0])
        if differs:
            findings.is_different(f"{name}: {'; '.join(differs)}")
    for serial, days in found.items():
        for day in days:
            findings.is_different(f"{period} {serial} {day}: a row that no reading accounts for")
