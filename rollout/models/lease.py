"""Which process leads."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Lease(models.Model):
    """The right to act under `name` until `expires_at`, by the clock of the database. `token` grows with every holder:
    an effect names its token in its own transaction, so that a holder of the past writes nothing."""

    name = models.CharField(_("name"), max_length=32, primary_key=True)
    holder = models.CharField(_("holder"), max_length=150, blank=True, default="")
    token = models.PositiveBigIntegerField(_("token"), default=0)
    taken_at = models.DateTimeField(_("taken at"), null=True, blank=True)
    beat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
