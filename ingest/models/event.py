"""Events: SOS, falls, wearing, thresholds."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ingest.models.fields import Bound, Stamped
from ljwx.fields import BytewiseCharField


class Occurrence(Bound, Stamped):
    """The columns of an event."""

    device_sn = BytewiseCharField(_("device"), max_length=64)
    event_type = BytewiseCharField(_("type"), max_length=64)
    timestamp = models.DateTimeField(_("happened at"))
    event_value = models.TextField(_("value"), blank=True)
    value_digest = models.CharField(_("digest of the value"), max_length=32)
    latitude = models.FloatField(_("latitude (°)"), null=True, blank=True)
    longitude = models.FloatField(_("longitude (°)"), null=True, blank=True)
    altitude = models.FloatField(_("altitude (m)"), null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.device_sn} {self.event_type}"


class CommonEvent(Occurrence):
    """One event. The natural key is (device_sn, event_type, timestamp, event_value), the value by its digest."""

    class Meta:
        db_table = "t_common_event"
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.UniqueConstraint(
                fields=["device_sn", "event_type", "timestamp", "value_digest"], name="event_natural_key"
            )
        ]
