"""What was told of uploads and of processes, as far as it must outlive Redis."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LedgerCount(models.Model):
    """Records of one minute of receipt that the edge has promised to keep, by kind and path. Only ever grows."""

    minute = models.PositiveBigIntegerField(_("minute"), help_text=_("Minutes since 1970 when the edge received them."))
    kind = models.CharField(_("kind"), max_length=16)
    path = models.CharField(_("path"), max_length=16)
    what = models.CharField(_("count of"), max_length=16)
    count = models.PositiveBigIntegerField(_("records"), default=0)

    class Meta:
        db_table = "ljwx_ledger"
        verbose_name = _("ledger count")
        verbose_name_plural = _("ledger counts")
        constraints = [
            # also the index of "all counts since a minute"
            models.UniqueConstraint(fields=["minute", "kind", "path", "what"], name="ledger_count_key")
        ]

    def __str__(self) -> str:
        return f"{self.minute} {self.kind} {self.path} {self.what}: {self.count}"


class Tally(models.Model):
    """What one process was told of uploads in about a second. Written once, read by the controller, pruned after
    15 minutes."""

    process = models.CharField(_("process"), max_length=120)
    number = models.PositiveBigIntegerField(_("number"), help_text=_("Counts what the process has written."))
    written = models.FloatField(_("written at"), help_text=_("Seconds since 1970 by the database's clock."))
    data = models.TextField(_("counts"), help_text=_("JSON: counts by path, kind and epoch."))

    class Meta:
        db_table = "ljwx_tally"
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        # "everything written between two moments", and what is too old
        indexes = [models.Index(fields=["written"], name="tally_written")]
        # a write that is tried again counts once
        constraints = [models.UniqueConstraint(fields=["process", "number"], name="tally_process_number")]

    def __str__(self) -> str:
        return f"{self.process} {self.number}"


class ProcessReport(models.Model):
    """A process that lives, as it says itself each second: one row, written by that process alone."""

    class Role(models.TextChoices):
        WEB = "web", _("web")
        CONSUMER = "consumer", _("consumer")
        CONTROLLER = "controller", _("controller")

    name = models.CharField(_("name"), max_length=120, unique=True, help_text=_("Host, process id and start."))
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    started = models.FloatField(_("first seen at"), help_text=_("Seconds since 1970 by the database's clock."))
    seen_at = models.FloatField(_("seen at"), help_text=_("Seconds since 1970 by the database's clock."))
    data = models.TextField(_("facts"), help_text=_("JSON: what it goes by, such as the epochs of its routes."))

    class Meta:
        db_table = "ljwx_process"
        verbose_name = _("process")
        verbose_name_plural = _("processes")
        # "which processes live", and which have not for long
        indexes = [models.Index(fields=["seen_at"], name="process_seen_at")]

    def __str__(self) -> str:
        return f"{self.role} {self.name}"


class Sample(models.Model):
    """Figures of a stretch of time. Written once by the controller that leads, read by charts, pruned by its step.
    The row of step 0 counts everything before `at`."""

    step_s = models.PositiveIntegerField(_("length (s)"))
    at = models.PositiveBigIntegerField(_("begins at"), help_text=_("Seconds since 1970 by the database's clock."))
    data = models.TextField(_("figures"), help_text=_("JSON: counts and latencies by path, gauges by name."))

    class Meta:
        db_table = "ljwx_sample"
        verbose_name = _("sample")
        verbose_name_plural = _("samples")
        constraints = [
            # also the index of "the samples of a step between two moments", and of what is too old
            models.UniqueConstraint(fields=["step_s", "at"], name="sample_step_at")
        ]

    def __str__(self) -> str:
        return f"{self.at} +{self.step_s} s"
