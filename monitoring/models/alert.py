"""What is wrong, from its first sight to its end."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Severity(models.TextChoices):
    """From the least to the worst."""

    INFO = "info", _("info")
    WARNING = "warning", _("warning")
    CRITICAL = "critical", _("critical")

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class Alert(models.Model):
    """One sight of one rule. *pending*: seen, not for long enough yet; *firing*: told to people; *acknowledged*: a
    person is at it, nothing is repeated; *resolved*: over. `monitoring.alerts.states` alone writes `state`.

    `open_key` is its name while it is not over, so that one is open at a time.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("not firing yet")
        FIRING = "firing", _("firing")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        RESOLVED = "resolved", _("resolved")

    rule = models.CharField(_("rule"), max_length=32)
    label = models.CharField(_("label"), max_length=120, blank=True, help_text=_("Which of several it is."))
    # unique: one open alert of a name; also the index of "what is open"
    open_key = models.CharField(max_length=153, unique=True, null=True, editable=False)
    group = models.CharField(_("group"), max_length=16)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.PENDING)
    values = models.JSONField(_("values"), default=dict, help_text=_("What its text is filled with."))
    valued_at = models.DateTimeField(_("values of"))
    pending_at = models.DateTimeField(_("first seen at"))
    firing_at = models.DateTimeField(_("firing since"), null=True, blank=True)
    gone_at = models.DateTimeField(_("not seen since"), null=True, blank=True)
    told_at = models.DateTimeField(_("last told at"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    acknowledged_by = models.CharField(_("acknowledged by"), max_length=150, blank=True)
    note = models.CharField(_("note"), max_length=255, blank=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)

    class Meta:
        db_table = "ljwx_alert"
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        indexes = [
            # the admin's list and the API's, by state, newest first
            models.Index(fields=["state", "id"], name="alert_state_id"),
            # what is over for so long that it is deleted
            models.Index(fields=["resolved_at"], name="alert_resolved_at"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="resolved", open_key__isnull=True)
                | models.Q(open_key__isnull=False) & ~models.Q(state="resolved"),
                name="alert_open_until_resolved",
            )
        ]
        permissions = [("acknowledge_alert", _("Can acknowledge alerts"))]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The rule, and which of several."""
        return named(self.rule, self.label)


def named(rule: str, label: str) -> str:
    """The name of what `rule` sees of `label`."""
    return f"{rule}:{label}" if label else rule
