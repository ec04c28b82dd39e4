"""Deleting the oldest rows of the shadow tables, a bounded chunk at a time."""

from datetime import datetime

from django.db.models import Model

from ingest import models


def health(before: datetime, most: int) -> int:
    """Delete the oldest mirrored readings, days and weeks that were written before `before`, at most `most` of each
    table; returns how many. Raises django.db.Error."""
    return _oldest(before, most, models.ShadowReading, models.ShadowDay, models.ShadowWeek)


def device(before: datetime, most: int) -> int:
    """The same for devices."""
    return _oldest(before, most, models.ShadowDeviceHistory, models.ShadowDevice)


def event(before: datetime, most: int) -> int:
    """The same for events."""
    return _oldest(before, most, models.ShadowEvent)


def _oldest(before: datetime, most: int, *tables: type[Model]) -> int:
    return sum(_of_table(table, before, most) for table in tables)


def _of_table(table: type[Model], before: datetime, most: int) -> int:
    """Ids grow with the time of writing: the first that is young ends the search, which so needs no index of its own
    and reads no more than it deletes."""
    rows = table._default_manager
    last = None
    for pk, written in rows.order_by("pk").values_list("pk", "create_time")[:most]:
        if written >= before:
            break
        last = pk
    if last is None:
        return 0
    return rows.filter(pk__lte=last).delete()[0]
