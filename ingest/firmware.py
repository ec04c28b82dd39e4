"""What devices have said of their firmware: the system version of their present state."""

from collections.abc import Mapping, Sequence

from ingest.models import DeviceInfo
from ingest.rows import MOST_KEYS


def of(serials: Sequence[str]) -> Mapping[str, str]:
    """The firmware of those of `serials` that have said it. Raises django.db.Error."""
    found: dict[str, str] = {}
    for start in range(0, len(serials), MOST_KEYS):
        rows = DeviceInfo.objects.filter(serial_number__in=serials[start : start + MOST_KEYS])
        said = rows.values_list("serial_number", "system_software_version")
        found |= {serial: version for serial, version in said if version is not None}
    return found
