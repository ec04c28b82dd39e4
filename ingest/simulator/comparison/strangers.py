"""Rows and dead letters of this run's prefix whose serial no device of the run has."""

import unicodedata

from django.db.models import Model

from ingest.models import AlertInfo, CommonEvent, DeviceInfo, DeviceInfoHistory, HealthDaily, HealthData, HealthWeekly
from ingest.simulator.comparison.findings import Findings
from streaming.models import DeadLetter

SERIALS: dict[type[Model], str] = {
    HealthData: "device_sn",
    HealthDaily: "device_sn",
    HealthWeekly: "device_sn",
    DeviceInfo: "serial_number",
    DeviceInfoHistory: "serial_number",
    CommonEvent: "device_sn",
    AlertInfo: "device_sn",
}
AFTER_ALL = "\U0010ffff"


def compare(prefix: str, known: set[str], findings: Findings) -> None:
    """A serial that was changed on its way, merged or cut, shows here."""
    for model in SERIALS:
        for serial in sorted(serials(model, prefix) - known):
            findings.is_different(f"{model._meta.db_table}: rows of {serial!r}, which is no device of this run")
    letters = DeadLetter.objects.filter(device_sn__startswith=prefix).values_list("device_sn", flat=True)
    for serial in sorted({unicodedata.normalize("NFC", serial) for serial in letters.distinct()} - known):
        findings.is_different(f"dead letters of {serial!r}, which is no device of this run")


def serials(model: type[Model], prefix: str) -> set[str]:
    """The serials in a record table that begin with `prefix`: a range of an index that compares bytes."""
    name = SERIALS[model]
    query = model._default_manager.filter(**{f"{name}__gte": prefix, f"{name}__lt": prefix + AFTER_ALL})
    return set(query.values_list(name, flat=True).distinct())
