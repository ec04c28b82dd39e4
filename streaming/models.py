"""Dead letters: records that were accepted and can not be stored, each with its reason and its exact content."""

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
