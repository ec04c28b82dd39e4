"""A plan that moves the share of some kinds step by step."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Plan(models.Model):
    """What moves when. Its status is written by `rollout.plans` alone, by conditional updates that count `version`."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")
        APPROVED = "approved", _("approved")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        SOAKING = "soaking", _("soaking")
        COMPLETED = "completed", _("completed")
        ROLLING_BACK = "rolling_back", _("rolling back")
        DRAINING = "draining", _("draining")
        ROLLED_BACK = "rolled_back", _("rolled back")
        CANCELLED = "cancelled", _("cancelled")

    name = models.CharField(_("name"), max_length=100)
    kinds = models.JSONField(_("kinds"), help_text=_("The kinds of upload that this plan moves."))
    auto_execute = models.BooleanField(
        _("advances by itself"),
        default=False,
        help_text=_("The controller goes to the next step when all gates pass; else a person does, every time."),
    )
    template = models.CharField(_("template"), max_length=20, blank=True, default="")
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.DRAFT)
    version = models.PositiveIntegerField(_("version"), default=1, help_text=_("Counts edits and changes of status."))
    active = models.BooleanField(_("active"), null=True, editable=False)  # True or NULL: one active plan at most
    created_by = models.CharField(_("made by"), max_length=150)
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)
    submitted_by = models.CharField(_("submitted by"), max_length=150, blank=True, default="")
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    soaking_since = models.DateTimeField(_("soaking since"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    # Set once and never cleared: no transition but those of the rollback passes it.
    rollback_requested_at = models.DateTimeField(_("rollback asked at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        permissions = [
            ("submit_plan", _("Can submit plans")),
            ("approve_plan", _("Can approve plans")),
            ("start_plan", _("Can start plans")),
            ("pause_plan", _("Can pause plans")),
            ("resume_plan", _("Can resume plans")),
            ("advance_plan", _("Can advance plans")),
            ("complete_plan", _("Can complete plans")),
            ("cancel_plan", _("Can cancel plans")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["active"], name="plan_one_active"),
            models.CheckConstraint(
                condition=models.Q(active=True, status__in=["running", "paused", "soaking", "rolling_back", "draining"])
                | models.Q(
                    active__isnull=True,
                    status__in=["draft", "submitted", "approved", "completed", "rolled_back", "cancelled"],
                ),
                name="plan_active_status",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Step(models.Model):
    """One percentage of a plan, and how long it is observed at least."""

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        APPLYING = "applying", _("applying")
        OBSERVING = "observing", _("observing")
        HELD = "held", _("held")
        PASSED = "passed", _("passed")
        FAILED = "failed", _("failed")
        REVERTED = "reverted", _("reverted")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="steps", verbose_name=_("plan"))
    position = models.PositiveSmallIntegerField(_("step"), help_text=_("From 1."))
    percentage = models.DecimalField(
        _("share on the stream"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    observe_s = models.PositiveIntegerField(
        _("observation (s)"), help_text=_("Seconds that this share is observed at least before the next step.")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.PENDING)
    epochs = models.JSONField(_("epochs"), default=dict, blank=True, help_text=_("The epoch of each kind's route."))
    applying_since = models.DateTimeField(_("applied at"), null=True, blank=True)
    observing_since = models.DateTimeField(_("observed since"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    advance_requested_by = models.CharField(_("advance asked by"), max_length=150, blank=True, default="")
    advance_requested_at = models.DateTimeField(_("advance asked at"), null=True, blank=True)
    advanced_by = models.CharField(_("advanced by"), max_length=150, blank=True, default="")
    verdict = models.CharField(_("verdict"), max_length=10, blank=True, default="")
    blocked_by = models.JSONField(_("blocked by"), default=list, blank=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="step_position"),
            models.CheckConstraint(
                condition=models.Q(percentage__gte=0, percentage__lte=100), name="step_percentage_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.percentage} %"
