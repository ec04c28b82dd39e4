"""What is still to be told."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitoring.models.alert import Alert
from monitoring.models.channel import Channel


class Notice(models.Model):
    """An alert that a channel has yet to tell; deleted when it was. One at most for an alert and channel, the newest
    news: however long a channel is away, its queue is never longer than the list of alerts."""

    class What(models.TextChoices):
        FIRING = "firing", _("firing")
        REPEATED = "repeated", _("still firing")
        RESOLVED = "resolved", _("resolved")

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="notices")
    alert = models.ForeignKey(Alert, models.CASCADE, related_name="notices")
    group = models.CharField(max_length=16)
    what = models.CharField(max_length=8, choices=What.choices)
    due_at = models.FloatField(help_text=_("Seconds since 1970 by the database's clock."))
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "ljwx_notice"
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        # "which channels have something due"
        indexes = [models.Index(fields=["due_at", "channel"], name="notice_due")]
        constraints = [
            # also the index of a channel's queue
            models.UniqueConstraint(fields=["channel", "alert"], name="notice_channel_alert")
        ]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.what}"
