"""What the controller found and did."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from rollout.models.plan import Plan, Step
from rollout.models.policy import GuardrailPolicy


class Decision(models.Model):
    """One evaluation with everything that went in, so that it can be judged again bit for bit. Never edited."""

    plan = models.ForeignKey(
        Plan, models.SET_NULL, null=True, blank=True, related_name="decisions", verbose_name=_("plan")
    )
    step = models.ForeignKey(
        Step, models.SET_NULL, null=True, blank=True, related_name="decisions", verbose_name=_("step")
    )
    policy = models.ForeignKey(GuardrailPolicy, models.PROTECT, verbose_name=_("policy"))
    token = models.PositiveBigIntegerField(_("token"), help_text=_("Fencing token of the controller that decided."))
    verdict = models.CharField(_("verdict"), max_length=10)
    action = models.CharField(_("action"), max_length=20)
    evidence = models.JSONField(_("evidence"))
    judgement = models.JSONField(_("judgement"))
    blocked_by = models.JSONField(_("blocked by"), default=list, blank=True)
    outcome = models.CharField(_("outcome"), max_length=255, blank=True, default="")
    created_at = models.DateTimeField(_("at"), db_index=True)  # index: the decisions since a time (judge --since)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")

    def __str__(self) -> str:
        return f"{self.verdict}: {self.action}"
