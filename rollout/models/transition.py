"""Every change of a plan's or step's status, written with it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from rollout.models.plan import Plan


class Transition(models.Model):
    """One audit row, in the transaction of the change that it tells of. Never edited."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="transitions", verbose_name=_("plan"))
    version = models.PositiveIntegerField(_("version"), help_text=_("The plan's, after it."))
    action = models.CharField(_("action"), max_length=20)
    step = models.PositiveSmallIntegerField(_("step"), null=True, blank=True)
    from_status = models.CharField(_("from"), max_length=12)
    to_status = models.CharField(_("to"), max_length=12)
    actor = models.CharField(_("by"), max_length=150)
    reason = models.CharField(_("reason"), max_length=255, blank=True, default="")
    facts = models.JSONField(_("facts"), default=dict, blank=True)
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("transition")
        verbose_name_plural = _("transitions")
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["plan", "version"], name="transition_version")]

    def __str__(self) -> str:
        return f"{self.action}: {self.from_status} → {self.to_status}"
