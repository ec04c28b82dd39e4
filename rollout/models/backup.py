"""Backups of the control state and of what is on its way."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Backup(models.Model):
    """One backup in a folder of its own. It counts only once it was read back completely: *verified*.

    `beat_at` is written while somebody works with the folder: taking, reading back, restoring. Who is silent for half
    a minute has died.
    """

    class Status(models.TextChoices):
        TAKING = "taking", _("being taken")
        TAKEN = "taken", _("taken")
        VERIFIED = "verified", _("verified")
        BAD = "bad", _("bad")

    event = models.CharField(
        _("event"), max_length=100, unique=True, help_text=_("What it was taken for; one backup an event.")
    )
    path = models.CharField(_("folder"), max_length=500)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.TAKING)
    sha256 = models.CharField(_("SHA-256 of the manifest"), max_length=64, blank=True, default="")
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    counts = models.JSONField(_("counts"), default=dict, blank=True)
    actor = models.CharField(_("taken by"), max_length=150)
    reason = models.CharField(_("reason"), max_length=255)
    error = models.CharField(_("error"), max_length=255, blank=True, default="")
    created_at = models.DateTimeField(_("taken at"), auto_now_add=True)
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    beat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        permissions = [("restore_backup", _("Can restore backups"))]

    def __str__(self) -> str:
        return self.event
