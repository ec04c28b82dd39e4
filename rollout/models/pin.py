"""Devices whose path is fixed by a person."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ljwx.fields import BytewiseCharField


class Pin(models.Model):
    """One device on one path until it expires, whatever its share says. A closed stream still answers *legacy*, and
    the operator's override wins over every pin."""

    class Path(models.TextChoices):
        LEGACY = "legacy", _("legacy")
        STREAM = "stream", _("stream")

    device_sn = BytewiseCharField(_("serial"), max_length=64, unique=True)
    path = models.CharField(_("path"), max_length=8, choices=Path.choices)
    owner = models.CharField(_("owner"), max_length=150, help_text=_("Who wants it; ask here before it is removed."))
    reason = models.CharField(_("reason"), max_length=255)
    expires_at = models.DateTimeField(
        _("expires at"), db_index=True, help_text=_("From then on the device goes as its share says.")
    )  # index: the pins in force, read by every process each half second
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("pin")
        verbose_name_plural = _("pins")
        constraints = [models.CheckConstraint(condition=models.Q(path__in=["legacy", "stream"]), name="pin_path")]

    def __str__(self) -> str:
        return f"{self.device_sn}: {self.path}"
