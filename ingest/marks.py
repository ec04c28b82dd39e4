"""How far the record tables have come: the highest id of each, which tells later what was written since."""

from collections.abc import Mapping

from django.db.models import Max, Model

from ingest import models


def health() -> Mapping[str, int]:
    """The highest id of each table of health readings; 0 for an empty one. Raises django.db.Error."""
    return _highest(models.HealthData, models.HealthDaily, models.HealthWeekly)


def device() -> Mapping[str, int]:
    """The same for devices."""
    return _highest(models.DeviceInfo, models.DeviceInfoHistory)


def event() -> Mapping[str, int]:
    """The same for events."""
    return _highest(models.CommonEvent, models.AlertInfo)


def _highest(*tables: type[Model]) -> Mapping[str, int]:
    return {
        table._meta.db_table: table._default_manager.aggregate(highest=Max("pk"))["highest"] or 0 for table in tables
    }
