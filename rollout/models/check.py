"""Checks that both paths agree: how far each has come, and what it has found."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ljwx.fields import BytewiseCharField


class Check(models.Model):
    """A comparison of what the streams hold with what is stored. Written by `rollout.consistency` alone.

    One row is the rolling check, which has no end; the others have a window. One of those may run at a time.
    """

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        ABANDONED = "abandoned", _("abandoned")

    rolling = models.BooleanField(_("rolling"), null=True, default=None, unique=True)  # NULL for those with a window
    kinds = models.JSONField(_("kinds"))
    window_minutes = models.PositiveIntegerField(_("window (min)"), null=True, blank=True)
    since_ms = models.BigIntegerField(_("from (ms)"))
    until_ms = models.BigIntegerField(_("until (ms)"), null=True, blank=True)
    grace_s = models.PositiveIntegerField(_("grace (s)"))
    actor = models.CharField(_("asked by"), max_length=150)
    reason = models.CharField(_("reason"), max_length=255, blank=True, default="")
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.RUNNING)
    active = models.BooleanField(_("active"), null=True, default=True, unique=True)  # NULL once over: one at a time
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("consistency check")
        verbose_name_plural = _("consistency checks")

    def __str__(self) -> str:
        return f"{self.pk}"


class CheckProgress(models.Model):
    """How far a check of one kind has come and what it has counted: moved by one conditional update a chunk, in the
    transaction that writes the chunk's findings, so that a chunk counts once whoever is killed.

    `cursor`: the entry id up to which everything is judged; `seen`: the last entry that was there. `figures`: the
    classes by path and firmware (`rollout.consistency.figures`).
    """

    check_run = models.ForeignKey(Check, models.CASCADE, related_name="progress", verbose_name=_("check"))
    kind = models.CharField(_("kind"), max_length=16)
    begin_ms = models.BigIntegerField(_("from (ms)"))
    cursor_ms = models.BigIntegerField(_("through (ms)"))
    cursor_seq = models.BigIntegerField(_("through (number)"), default=0)
    seen_ms = models.BigIntegerField(_("last entry (ms)"), default=0)
    seen_seq = models.BigIntegerField(_("last entry (number)"), default=0)
    added = models.BigIntegerField(_("entries ever appended"), null=True, blank=True)
    version = models.PositiveBigIntegerField(_("version"), default=0)
    done = models.BooleanField(_("done"), default=False)
    entries = models.PositiveBigIntegerField(_("entries"), default=0)
    checked = models.PositiveBigIntegerField(_("checked"), default=0)
    match = models.PositiveBigIntegerField(_("match"), default=0)
    missing = models.PositiveBigIntegerField(_("missing"), default=0)
    extra = models.PositiveBigIntegerField(_("extra"), default=0)
    different = models.PositiveBigIntegerField(_("different"), default=0)
    duplicate = models.PositiveBigIntegerField(_("duplicate"), default=0)
    dead = models.PositiveBigIntegerField(_("dead"), default=0)
    late = models.PositiveBigIntegerField(_("late"), default=0)
    holes = models.PositiveBigIntegerField(_("holes"), default=0)
    figures = models.JSONField(_("by path and firmware"), default=list, blank=True)

    class Meta:
        verbose_name = _("progress of a check")
        verbose_name_plural = _("progress of checks")
        constraints = [models.UniqueConstraint(fields=["check_run", "kind"], name="check_progress_kind")]

    def __str__(self) -> str:
        return f"{self.check_run_id} {self.kind}"


class Acknowledgement(models.Model):
    """Somebody knows of findings that nothing can mend, and answers for them: they stop no longer what is verified.
    Written once, with their end, and never edited."""

    actor = models.CharField(_("who"), max_length=150)
    reason = models.CharField(_("reason"), max_length=255)
    created_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("acknowledgement of findings")
        verbose_name_plural = _("acknowledgements of findings")

    def __str__(self) -> str:
        return f"{self.actor}: {self.reason}"


class CheckFinding(models.Model):
    """A record that is not as its entry says, or a hole: a stretch that nobody can verify any more.

    `payload` keeps what is missing as a dead letter would (`form`): its entry is trimmed before long. Open until
    somebody finds it mended or knows of it; until then it stops what is verified.
    """

    class Outcome(models.TextChoices):
        MISSING = "missing", _("missing")
        EXTRA = "extra", _("extra")
        DIFFERENT = "different", _("different")
        DUPLICATE = "duplicate", _("duplicate")
        HOLE = "hole", _("hole")

    check_run = models.ForeignKey(Check, models.CASCADE, related_name="findings", verbose_name=_("check"))
    outcome = models.CharField(_("class"), max_length=10, choices=Outcome.choices)
    kind = models.CharField(_("stream of"), max_length=16)
    of_kind = models.CharField(_("kind"), max_length=16)
    entry_ms = models.BigIntegerField(_("entry (ms)"))
    entry_seq = models.BigIntegerField(_("entry (number)"))
    ordinal = models.IntegerField(_("place in the entry"), default=0)
    until_ms = models.BigIntegerField(_("until (ms)"), null=True, blank=True)
    device_sn = BytewiseCharField(_("device"), max_length=64, blank=True, default="")
    path = models.CharField(_("path"), max_length=16, blank=True, default="")
    epoch = models.PositiveBigIntegerField(_("epoch"), default=0)
    received_ms = models.BigIntegerField(_("received (ms)"), default=0)
    differences = models.JSONField(_("differences"), default=list, blank=True)
    beside = models.JSONField(_("a row with its values is at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=255, blank=True, default="")
    form = models.CharField(_("form"), max_length=8, blank=True, default="")
    payload = models.BinaryField(_("payload"), default=b"")
    found_at = models.DateTimeField(_("found at"))
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    resolved_by = models.CharField(_("resolved by"), max_length=255, blank=True, default="")
    acknowledgement = models.ForeignKey(
        Acknowledgement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="findings",
        verbose_name=_("acknowledgement of findings"),
    )

    class Meta:
        verbose_name = _("finding of a check")
        verbose_name_plural = _("findings of checks")
        constraints = [
            models.UniqueConstraint(
                fields=["check_run", "kind", "entry_ms", "entry_seq", "ordinal", "outcome"], name="check_finding_once"
            )
        ]
        indexes = [
            # the oldest that is open, which stops what is verified; those that a chunk has found mended
            models.Index(fields=["kind", "resolved_at", "entry_ms"], name="check_finding_open"),
            # all that are open, the newest first
            models.Index(fields=["resolved_at"], name="check_finding_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.of_kind} {self.entry_ms}-{self.entry_seq}"


class CheckTally(models.Model):
    """What the rolling check has compared of a kind, by the epoch of the entries and the ten seconds in which the edge
    has received them: `begin`, seconds since 1970."""

    kind = models.CharField(_("kind"), max_length=16)
    epoch = models.PositiveBigIntegerField(_("epoch"))
    begin = models.BigIntegerField(_("from"))
    matched = models.PositiveBigIntegerField(_("matched"), default=0)
    mismatched = models.PositiveBigIntegerField(_("mismatched"), default=0)

    class Meta:
        verbose_name = _("tally of comparisons")
        verbose_name_plural = _("tallies of comparisons")
        constraints = [models.UniqueConstraint(fields=["kind", "epoch", "begin"], name="check_tally_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.epoch} {self.begin}"
