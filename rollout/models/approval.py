"""Who agreed to a plan."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from rollout.models.plan import Plan


class Approval(models.Model):
    """One person's approval of exactly the plan whose canonical form has this SHA-256; void once the plan is edited."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="approvals", verbose_name=_("plan"))
    sha256 = models.CharField(_("SHA-256 of the plan"), max_length=64)
    approver = models.CharField(_("approver"), max_length=150)
    reason = models.CharField(_("reason"), max_length=255)
    created_at = models.DateTimeField(_("approved at"), auto_now_add=True)
    voided_at = models.DateTimeField(_("voided at"), null=True, blank=True)
    valid = models.BooleanField(_("valid"), null=True, default=True)  # NULL once void: one valid one a person

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [models.UniqueConstraint(fields=["plan", "approver", "valid"], name="approval_one_a_person")]

    def __str__(self) -> str:
        return f"{self.approver}: {self.sha256[:12]}"
