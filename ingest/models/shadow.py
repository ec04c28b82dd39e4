"""The shadow tables: what mirrored uploads become, with the columns of the record tables. Nobody but the check reads
them, and their rows are deleted after LJWX_SHADOW_MINUTES."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ingest.models.device import DeviceState
from ingest.models.event import Occurrence
from ingest.models.health import Day, Reading, Week
from ljwx.fields import BytewiseCharField


class ShadowReading(Reading):
    """The shadow of HealthData."""

    class Meta:
        db_table = "t_user_health_data_shadow"
        verbose_name = _("mirrored health reading")
        verbose_name_plural = _("mirrored health readings")
        constraints = [models.UniqueConstraint(fields=["device_sn", "timestamp"], name="shadow_health_device_time")]


class ShadowDay(Day):
    """The shadow of HealthDaily."""

    class Meta:
        db_table = "t_user_health_data_daily_shadow"
        verbose_name = _("mirrored health day")
        verbose_name_plural = _("mirrored health days")
        constraints = [models.UniqueConstraint(fields=["device_sn", "date"], name="shadow_health_device_day")]


class ShadowWeek(Week):
    """The shadow of HealthWeekly."""

    class Meta:
        db_table = "t_user_health_data_weekly_shadow"
        verbose_name = _("mirrored health week")
        verbose_name_plural = _("mirrored health weeks")
        constraints = [models.UniqueConstraint(fields=["device_sn", "week_start"], name="shadow_health_device_week")]


class ShadowDevice(DeviceState):
    """The shadow of DeviceInfo."""

    serial_number = BytewiseCharField(_("device"), max_length=64, unique=True)

    class Meta:
        db_table = "t_device_info_shadow"
        verbose_name = _("mirrored device")
        verbose_name_plural = _("mirrored devices")

    def __str__(self) -> str:
        return str(self.serial_number)


class ShadowDeviceHistory(DeviceState):
    """The shadow of DeviceInfoHistory."""

    serial_number = BytewiseCharField(_("device"), max_length=64)

    class Meta:
        db_table = "t_device_info_history_shadow"
        verbose_name = _("mirrored device state")
        verbose_name_plural = _("mirrored device states")
        constraints = [
            models.UniqueConstraint(fields=["serial_number", "timestamp"], name="shadow_device_history_time")
        ]

    def __str__(self) -> str:
        return f"{self.serial_number} {self.timestamp:%Y-%m-%d %H:%M:%S}"


class ShadowEvent(Occurrence):
    """The shadow of CommonEvent."""

    class Meta:
        db_table = "t_common_event_shadow"
        verbose_name = _("mirrored event")
        verbose_name_plural = _("mirrored events")
        constraints = [
            models.UniqueConstraint(
                fields=["device_sn", "event_type", "timestamp", "value_digest"], name="shadow_event_natural_key"
            )
        ]
