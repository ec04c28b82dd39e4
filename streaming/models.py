"""Dead letters, which keep what can not be stored, and the number of consumers with the record of its changes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ljwx.fields import BytewiseCharField


class DeadLetter(models.Model):
    """One accepted record that can not be stored. `digest` makes it one row, however often it is delivered."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        REPLAYED = "replayed", _("replayed")
        DISCARDED = "discarded", _("discarded")

    class Form(models.TextChoices):
        JSON = "json", _("as received (JSON)")
        RECORD = "record", _("canonical record (JSON)")
        ENTRY = "entry", _("raw entry (bytes)")

    kind = models.CharField(_("kind"), max_length=16)
    device_sn = BytewiseCharField(_("device"), max_length=64, blank=True)
    reason = models.CharField(_("reason"), max_length=255, help_text=_("Why the record can not be stored."))
    category = models.CharField(_("category"), max_length=64, help_text=_("The reason without its values."))
    # The default of the database lets processes of the last version go on burying while this one is deployed.
    fingerprint = models.CharField(
        _("fingerprint"), max_length=16, db_default="", help_text=_("What letters with the same cause share.")
    )
    form = models.CharField(_("form"), max_length=8, choices=Form.choices)
    payload = models.BinaryField(_("payload"), help_text=_("The record, byte for byte."))
    digest = models.CharField(_("digest"), max_length=32, unique=True)
    received_at = models.DateTimeField(_("received at"), help_text=_("When the edge received it."))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = models.CharField(_("settled by"), max_length=150, blank=True)
    settled_reason = models.CharField(_("reason for settling"), max_length=255, blank=True)

    class Meta:
        db_table = "ljwx_dead_letter"
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")
        indexes = [
            # the admin's list: open letters of a category and kind, newest first
            models.Index(fields=["state", "category", "kind", "id"], name="dead_letter_state_category"),
            # the groups, and replay or discard of one of them: its open letters in order, counted by device, without
            # reading a row
            models.Index(fields=["state", "fingerprint", "id", "device_sn"], name="dead_letter_group"),
            # "what became of this device's records"
            models.Index(fields=["device_sn", "id"], name="dead_letter_device"),
        ]
        permissions = [
            ("view_payload", _("Can see the payload of dead letters (health data)")),
            ("settle_deadletter", _("Can replay and discard dead letters")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.device_sn}: {self.reason}"


class ConsumerCount(models.Model):
    """How many consumers there should be over all hosts: one row, written by `streaming.counts` alone.

    Absent until somebody sets it. `wanted` is what was asked for, `desired` what the supervisors converge to: more
    than that only while autoscaling has added consumers.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    wanted = models.PositiveSmallIntegerField(_("consumers wanted"))
    desired = models.PositiveSmallIntegerField(_("consumers desired"))
    version = models.PositiveBigIntegerField(_("version"), default=1, help_text=_("Counts the changes."))
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        db_table = "ljwx_consumer_count"
        verbose_name = _("number of consumers")
        verbose_name_plural = _("number of consumers")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="consumer_count_one_row"),
            models.CheckConstraint(
                condition=models.Q(wanted__gte=1, desired__gte=models.F("wanted")), name="consumer_count_range"
            ),
        ]

    def __str__(self) -> str:
        return str(self.desired)


class ConsumerChange(models.Model):
    """One change of the number of consumers: written in the transaction that changed it, never edited."""

    class Source(models.TextChoices):
        START = "start", _("start")
        MANUAL = "manual", _("manual")
        CONTROLLER = "controller", _("controller")
        AUTOSCALE = "autoscale", _("autoscale")

    version = models.PositiveBigIntegerField(_("version"), unique=True)
    from_count = models.PositiveSmallIntegerField(_("from"))
    to_count = models.PositiveSmallIntegerField(_("to"))
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    actor = models.CharField(_("actor"), max_length=150)
    reason = models.CharField(_("reason"), max_length=255)
    created_at = models.DateTimeField(_("changed at"), auto_now_add=True)

    class Meta:
        db_table = "ljwx_consumer_change"
        verbose_name = _("change of the number of consumers")
        verbose_name_plural = _("changes of the number of consumers")

    def __str__(self) -> str:
        return f"{self.from_count} → {self.to_count}"
