"""Repairs: what a check has found to be missing, stored after all."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from rollout.models.check import Check


class Repair(models.Model):
    """One repair of the findings of a check up to number `up_to`, with who asked, who approved and what became of them.
    Written by `rollout.consistency.repairing` alone; one that somebody must approve waits as *asked*."""

    class Status(models.TextChoices):
        ASKED = "asked", _("waits for an approval")
        READY = "ready", _("under way")
        DONE = "done", _("done")

    check_run = models.ForeignKey(Check, models.PROTECT, related_name="repairs", verbose_name=_("check"))
    actor = models.CharField(_("asked by"), max_length=150)
    approved_by = models.CharField(_("approved by"), max_length=150, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=255)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.ASKED)
    up_to = models.BigIntegerField(_("up to finding"), default=0)
    records = models.PositiveBigIntegerField(_("records"))
    stored = models.PositiveBigIntegerField(_("stored"), default=0)
    duplicate = models.PositiveBigIntegerField(_("there already"), default=0)
    dead = models.PositiveBigIntegerField(_("dead letters"), default=0)
    mended = models.PositiveBigIntegerField(_("found mended"), default=0)
    asked_at = models.DateTimeField(_("asked at"))
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("repair")
        verbose_name_plural = _("repairs")
        permissions = [("repair_records", _("Can repair what a check has found"))]

    def __str__(self) -> str:
        return f"{self.check_run_id}: {self.records}"
