"""Ways to people."""

import hashlib
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitoring.models.alert import Severity


class Channel(models.Model):
    """One way on which people are told of alerts. `address` and `secret` hold credentials: they are written by people,
    read by the notifier, and shown to nobody.

    `busy_by` holds the channel while it sends, until `busy_until`; no message begins before `next_at`, for its service
    takes so many a minute, or has failed `failures` times in a row: seconds since 1970 by the database's clock.
    """

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", _("webhook")
        EMAIL = "email", _("e-mail")
        DINGTALK = "dingtalk", _("DingTalk robot")
        WECOM = "wecom", _("WeCom robot")
        FEISHU = "feishu", _("Feishu robot")

    name = models.CharField(_("name"), max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    address = models.TextField(
        _("address"), help_text=_("The URL of the webhook or robot; for e-mail the addresses, comma-separated.")
    )
    secret = models.CharField(_("secret"), max_length=255, blank=True, help_text=_("What messages are signed with."))
    # unique: two channels to one robot would go beyond its limit together
    endpoint = models.CharField(_("endpoint"), max_length=32, unique=True, editable=False)
    severity = models.CharField(
        _("from severity"), max_length=8, choices=Severity.choices, default=Severity.WARNING,
        help_text=_("Of anything less nobody is told here."),
    )  # fmt: skip
    groups = models.JSONField(_("groups"), default=list, blank=True, help_text=_("Every group when none is chosen."))
    enabled = models.BooleanField(_("enabled"), default=True)
    busy_by = models.CharField(max_length=32, blank=True, editable=False)
    busy_until = models.FloatField(null=True, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    next_at = models.FloatField(null=True, editable=False)

    class Meta:
        db_table = "ljwx_channel"
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        permissions = [("test_channel", _("Can send a test message on a channel"))]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.endpoint = endpoint(self.kind, self.address)
        super().save(*args, **kwargs)


def endpoint(kind: str, address: str) -> str:
    """What tells a robot apart without naming its address."""
    return hashlib.sha256(f"{kind}\n{address.strip()}".encode()).hexdigest()[:32]
