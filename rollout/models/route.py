"""The share of each kind, and the record of every change of it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class Route(models.Model):
    """A kind's share of devices on the stream. The row is the truth; each process keeps a copy at most a second old."""

    kind = models.CharField(_("kind"), max_length=16, unique=True)
    percentage = models.DecimalField(
        _("share on the stream"),
        max_digits=5,
        decimal_places=2,
        default=0,
        validators=PERCENT,
        help_text=_("Percent of devices whose uploads go to the stream; the others are written at once."),
    )
    mirror_percentage = models.DecimalField(
        _("mirrored share"),
        max_digits=5,
        decimal_places=2,
        default=0,
        validators=PERCENT,
        help_text=_("Percent of legacy uploads that are also sent to the shadow."),
    )
    salt = models.CharField(
        _("salt"),
        max_length=32,
        default="plan-1",
        help_text=_("Decides which devices move first; never changed during a migration."),
    )
    epoch = models.PositiveBigIntegerField(_("epoch"), default=1, help_text=_("Counts the changes of this route."))
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percentage__gte=0, percentage__lte=100), name="route_percentage_range"
            ),
            models.CheckConstraint(
                condition=models.Q(mirror_percentage__gte=0, mirror_percentage__lte=100), name="route_mirror_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.percentage} %"


class Change(models.Model):
    """One change of a route: written in the transaction that changed it, never edited."""

    class Source(models.TextChoices):
        MANUAL = "manual", _("manual")
        PLAN = "plan", _("plan")
        GUARDRAIL = "guardrail", _("guardrail")
        ROLLBACK = "rollback", _("rollback")
        RESTORE = "restore", _("restore")

    kind = models.CharField(_("kind"), max_length=16)
    epoch = models.PositiveBigIntegerField(_("epoch"))
    from_percentage = models.DecimalField(_("from"), max_digits=5, decimal_places=2)
    to_percentage = models.DecimalField(_("to"), max_digits=5, decimal_places=2)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    actor = models.CharField(_("actor"), max_length=150)
    reason = models.CharField(_("reason"), max_length=255)
    created_at = models.DateTimeField(_("changed at"), auto_now_add=True)
    from_mirror = models.DecimalField(_("mirrored before"), max_digits=5, decimal_places=2, default=0)
    to_mirror = models.DecimalField(_("mirrored after"), max_digits=5, decimal_places=2, default=0)
    plan = models.ForeignKey(
        "rollout.Plan", models.PROTECT, null=True, blank=True, related_name="changes", verbose_name=_("plan")
    )
    rollback = models.ForeignKey(
        "rollout.Rollback", models.PROTECT, null=True, blank=True, related_name="changes", verbose_name=_("rollback")
    )
    metrics = models.JSONField(_("figures at that moment"), default=dict, blank=True)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        constraints = [models.UniqueConstraint(fields=["kind", "epoch"], name="change_kind_epoch")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.from_percentage} % → {self.to_percentage} %"
