"""Alerts that events raise."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ingest.models.fields import Bound, Stamped
from ljwx.fields import BytewiseCharField


class AlertInfo(Bound, Stamped):
    """One alert of one event. `dedup_key` keeps it one, however often the event is delivered."""

    class Severity(models.TextChoices):
        CRITICAL = "critical", _("critical")
        HIGH = "high", _("high")
        MEDIUM = "medium", _("medium")
        LOW = "low", _("low")

    rule_id = models.BigIntegerField(_("rule"), null=True, blank=True)
    alert_type = models.CharField(_("type"), max_length=64)
    device_sn = BytewiseCharField(_("device"), max_length=64)
    alert_timestamp = models.DateTimeField(_("happened at"))
    alert_desc = models.CharField(_("description"), max_length=500, blank=True)
    severity_level = models.CharField(_("severity"), max_length=16, choices=Severity.choices)
    alert_status = models.CharField(_("status"), max_length=16, default="pending")
    latitude = models.FloatField(_("latitude (°)"), null=True, blank=True)
    longitude = models.FloatField(_("longitude (°)"), null=True, blank=True)
    altitude = models.FloatField(_("altitude (m)"), null=True, blank=True)
    health_id = models.BigIntegerField(_("health reading"), null=True, blank=True)
    dedup_key = models.CharField(_("deduplication key"), max_length=64, unique=True, null=True, blank=True)

    class Meta:
        db_table = "t_alert_info"
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        indexes = [
            # the admin's list of open alerts by severity, newest first
            models.Index(fields=["alert_status", "severity_level", "id"], name="alert_status_severity"),
            # a device's alerts, newest first
            models.Index(fields=["device_sn", "id"], name="alert_device"),
        ]

    def __str__(self) -> str:
        return f"{self.severity_level} {self.alert_type} {self.device_sn}"
