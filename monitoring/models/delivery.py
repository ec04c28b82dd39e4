"""Messages that were sent, or tried."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitoring.models.channel import Channel


class Delivery(models.Model):
    """One try to send one message. The row is there before the message leaves, so that a process that dies on it
    leaves a trace; kept 30 days."""

    class Outcome(models.TextChoices):
        SENDING = "sending", _("being sent, or its process died")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")

    channel = models.ForeignKey(Channel, models.SET_NULL, null=True, verbose_name=_("channel"))
    channel_name = models.CharField(_("name"), max_length=64)
    endpoint = models.CharField(_("endpoint"), max_length=32)
    began_at = models.DateTimeField(_("began at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome.choices, default=Outcome.SENDING)
    is_test = models.BooleanField(_("test"), default=False)
    actor = models.CharField(_("asked for by"), max_length=150, blank=True)
    title = models.CharField(_("title"), max_length=200)
    alerts = models.JSONField(_("alerts"), default=list, help_text=_("The number of each alert and what was told."))
    attempt = models.PositiveIntegerField(_("attempt"), default=1)
    status = models.PositiveIntegerField(_("HTTP status"), null=True)
    code = models.CharField(_("error code"), max_length=20, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)
    took_ms = models.PositiveIntegerField(_("took (ms)"), null=True)

    class Meta:
        db_table = "ljwx_delivery"
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            # "when was the last message to this robot", whatever became of its channel
            models.Index(fields=["endpoint", "id"], name="delivery_endpoint"),
            # what is so old that it is deleted
            models.Index(fields=["began_at"], name="delivery_began_at"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_name}: {self.title}"
