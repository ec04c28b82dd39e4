"""What of a plan's checklists a person has answered for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from rollout.models.plan import Plan


class Signature(models.Model):
    """One item of a checklist that can not be measured, signed by name for one plan."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="signatures", verbose_name=_("plan"))
    item = models.CharField(_("item"), max_length=40)
    signer = models.CharField(_("signed by"), max_length=150)
    note = models.CharField(_("note"), max_length=255, blank=True, default="")
    created_at = models.DateTimeField(_("signed at"), auto_now_add=True)

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        constraints = [models.UniqueConstraint(fields=["plan", "item"], name="signature_item")]

    def __str__(self) -> str:
        return f"{self.item}: {self.signer}"
