"""Devices: the newest state of each, and every state it ever sent."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ingest.models.fields import Bound, Stamped
from ljwx.fields import BytewiseCharField


class DeviceState(Bound, Stamped):
    """The columns of a device's state."""

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE", _("active")
        INACTIVE = "INACTIVE", _("inactive")

    class Wearing(models.TextChoices):
        WORN = "WORN", _("worn")
        NOT_WORN = "NOT_WORN", _("not worn")

    class Charging(models.TextChoices):
        CHARGING = "CHARGING", _("charging")
        NOT_CHARGING = "NOT_CHARGING", _("not charging")

    system_software_version = models.CharField(_("system version"), max_length=255, null=True, blank=True)
    wifi_address = models.CharField(_("Wi-Fi address"), max_length=64, null=True, blank=True)
    bluetooth_address = models.CharField(_("Bluetooth address"), max_length=64, null=True, blank=True)
    ip_address = models.CharField(_("IP address"), max_length=64, null=True, blank=True)
    network_access_mode = models.CharField(_("network"), max_length=16, null=True, blank=True)
    device_name = models.CharField(_("name"), max_length=255, null=True, blank=True)
    imei = models.CharField("IMEI", max_length=32, null=True, blank=True)
    battery_level = models.SmallIntegerField(_("battery (%)"), null=True, blank=True)
    voltage = models.IntegerField(_("voltage (mV)"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, null=True, blank=True)
    wearable_status = models.CharField(_("wearing"), max_length=16, choices=Wearing.choices, null=True, blank=True)
    charging_status = models.CharField(_("charging"), max_length=16, choices=Charging.choices, null=True, blank=True)
    timestamp = models.DateTimeField(_("state of"))

    class Meta:
        abstract = True


class DeviceInfo(DeviceState):
    """One row per serial, which only moves forward in device time."""

    serial_number = BytewiseCharField(_("device"), max_length=64, unique=True)

    class Meta:
        db_table = "t_device_info"
        verbose_name = _("device")
        verbose_name_plural = _("devices")

    def __str__(self) -> str:
        return str(self.serial_number)


class DeviceInfoHistory(DeviceState):
    """One row per (serial, timestamp)."""

    serial_number = BytewiseCharField(_("device"), max_length=64)

    class Meta:
        db_table = "t_device_info_history"
        verbose_name = _("device state")
        verbose_name_plural = _("device states")
        constraints = [models.UniqueConstraint(fields=["serial_number", "timestamp"], name="device_history_time")]

    def __str__(self) -> str:
        return f"{self.serial_number} {self.timestamp:%Y-%m-%d %H:%M:%S}"
