"""Which process leads."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Lease(models.Model):
    """The right to act under `name` until `expires_at`. `token` grows with every holder: an effect names its token in
    its own transaction, so that a holder of the past writes nothing. Times: seconds since 1970 by the database's clock.
    """

    name = models.CharField(_("name"), max_length=32, primary_key=True)
    holder = models.CharField(_("holder"), max_length=150, blank=True, default="")
    token = models.PositiveBigIntegerField(_("token"), default=0)
    taken_at = models.FloatField(_("taken at"), null=True, blank=True)
    beat_at = models.FloatField(_("last sign of life"), null=True, blank=True)
    expires_at = models.FloatField(_("expires at"), null=True, blank=True)

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
