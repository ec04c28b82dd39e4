"""One way back: asked for, effective, drained, verified."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from rollout.models.plan import Plan
from rollout.models.route import PERCENT


class Rollback(models.Model):
    """A lowering of the share and what became of what was in the stream. Written by `rollout.rollback` alone."""

    class Strategy(models.TextChoices):
        IMMEDIATE = "immediate", _("to 0 % at once")
        PREVIOUS_STEP = "previous-step", _("to the step before")
        GRADUAL = "gradual", _("back through the steps")
        TO_PERCENTAGE = "to-percentage", _("to a percentage")

    class Status(models.TextChoices):
        LOWERING = "lowering", _("lowering the share")
        CONFIRMING = "confirming", _("waiting for the processes")
        DRAINING = "draining", _("draining")
        VERIFYING = "verifying", _("checking")
        DONE = "done", _("done")

    plan = models.ForeignKey(
        Plan, models.SET_NULL, null=True, blank=True, related_name="rollbacks", verbose_name=_("plan")
    )
    strategy = models.CharField(_("strategy"), max_length=14, choices=Strategy.choices)
    kinds = models.JSONField(_("kinds"))
    target = models.DecimalField(_("to"), max_digits=5, decimal_places=2, validators=PERCENT)
    interval_s = models.PositiveIntegerField(_("interval (s)"), default=0)
    before = models.JSONField(_("shares before"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.LOWERING)
    active = models.BooleanField(_("active"), null=True, default=True)  # NULL once done: one at a time
    source = models.CharField(_("way in"), max_length=20)
    actor = models.CharField(_("asked by"), max_length=150)
    reason = models.CharField(_("reason"), max_length=255)
    forced = models.BooleanField(_("forced"), default=False)
    requested_at = models.DateTimeField(_("asked at"))
    lowered_at = models.DateTimeField(_("share lowered at"), null=True, blank=True)
    effective_at = models.DateTimeField(_("effective at"), null=True, blank=True)
    drained_at = models.DateTimeField(_("drained at"), null=True, blank=True)
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    in_stream = models.PositiveBigIntegerField(_("entries in the stream"), null=True, blank=True)
    facts = models.JSONField(_("facts"), default=dict, blank=True)
    outcome = models.CharField(_("outcome"), max_length=255, blank=True, default="")

    class Meta:
        verbose_name = _("rollback")
        verbose_name_plural = _("rollbacks")
        permissions = [("roll_back", _("Can roll back"))]
        constraints = [models.UniqueConstraint(fields=["active"], name="rollback_one_active")]

    def __str__(self) -> str:
        return f"{self.get_strategy_display()}: {self.reason}"
