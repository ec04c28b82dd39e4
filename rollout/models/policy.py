"""The thresholds of the guardrails, by version."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class GuardrailPolicy(models.Model):
    """One version of the thresholds; the newest active one judges. A version is never edited: a change is a new one."""

    version = models.PositiveIntegerField(_("version"), unique=True)
    values = models.JSONField(_("thresholds"))
    active = models.BooleanField(_("active"), null=True)  # True or NULL: one active version
    created_by = models.CharField(_("made by"), max_length=150)
    reason = models.CharField(_("reason"), max_length=255)
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("guardrail policy")
        verbose_name_plural = _("guardrail policies")
        constraints = [models.UniqueConstraint(fields=["active"], name="policy_one_active")]

    def __str__(self) -> str:
        return f"{self.version}"
