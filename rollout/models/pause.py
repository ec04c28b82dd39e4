"""Why a plan stands still."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from rollout.models.plan import Plan


class Pause(models.Model):
    """One reason for which a plan is paused. They stack: a plan goes on when the last of them is cleared."""

    class Cause(models.TextChoices):
        OPERATOR = "operator", _("operator")
        GUARDRAIL = "guardrail", _("guardrail")
        NO_DATA = "no_data", _("no data")
        GAP = "gap", _("gap of the controller")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="pauses", verbose_name=_("plan"))
    cause = models.CharField(_("cause"), max_length=10, choices=Cause.choices)
    reason = models.CharField(_("reason"), max_length=255)
    actor = models.CharField(_("by"), max_length=150)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)
    cleared_at = models.DateTimeField(_("cleared at"), null=True, blank=True)
    cleared_by = models.CharField(_("cleared by"), max_length=150, blank=True, default="")
    standing = models.BooleanField(_("standing"), null=True, default=True)  # NULL once cleared: one a cause at most

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        constraints = [models.UniqueConstraint(fields=["plan", "cause", "standing"], name="pause_one_a_cause")]

    def __str__(self) -> str:
        return f"{self.get_cause_display()}: {self.reason}"
