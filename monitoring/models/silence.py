"""Alerts of which nobody wants to be told, for a time."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Silence(models.Model):
    """Nobody is told of the alerts that match everything that is filled in, until it expires. They go on firing, are
    shown, and hold plans."""

    rule = models.CharField(_("rule"), max_length=32, blank=True)
    group = models.CharField(_("group"), max_length=16, blank=True)
    prefix = models.CharField(
        _("label begins with"), max_length=120, blank=True, help_text=_("Empty: whatever the label is.")
    )
    reason = models.CharField(_("reason"), max_length=255)
    created_by = models.CharField(_("made by"), max_length=150, editable=False)
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)
    # indexed: the silences in force
    expires_at = models.DateTimeField(
        _("expires at"), db_index=True, help_text=_("From then on people are told again.")
    )

    class Meta:
        db_table = "ljwx_silence"
        verbose_name = _("silence")
        verbose_name_plural = _("silences")
        constraints = [
            models.CheckConstraint(condition=~Q(rule="") | ~Q(group="") | ~Q(prefix=""), name="silence_of_something")
        ]

    def __str__(self) -> str:
        return " ".join(each for each in (self.rule, self.group, self.prefix and f"{self.prefix}…") if each)
