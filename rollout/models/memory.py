"""What the controller must still know after a restart."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ControllerMemory(models.Model):
    """One row: detectors, samples and the time of the last round, as JSON. Written by the leader in each round."""

    name = models.CharField(_("name"), max_length=32, primary_key=True)
    token = models.PositiveBigIntegerField(_("token"), default=0)
    data = models.TextField(_("data"))

    class Meta:
        verbose_name = _("controller's memory")
        verbose_name_plural = _("controller's memory")

    def __str__(self) -> str:
        return self.name
