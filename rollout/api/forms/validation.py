"""Checks of consistency, repairs, and what of their findings is acknowledged."""

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from rollout.api.forms.strict import REASON_LENGTH, Form, Reasoned
from rollout.api.forms.traffic import KindName
from rollout.consistency.acknowledging import MOST

MOST_MINUTES = 7 * 24 * 60


class Window(Form):
    """What is compared."""

    time_window_minutes = serializers.IntegerField(
        default=60, min_value=1, max_value=MOST_MINUTES, help_text=gettext_lazy("The last so many minutes.")
    )
    kind = KindName(required=False, help_text=gettext_lazy("One kind of upload; every kind when left out."))


class RunCheck(Window):
    """A check, with why it is made."""

    reason = serializers.CharField(max_length=REASON_LENGTH, help_text=gettext_lazy("Why; kept in the history."))


class Repair(Reasoned):
    """Storing what a check has found missing."""

    check = serializers.IntegerField(min_value=1, help_text=gettext_lazy("The number of the check."))
    dry_run = serializers.BooleanField(
        default=False, help_text=gettext_lazy("Only say what would be stored.")
    )  # fmt: skip


class Acknowledge(Reasoned):
    """Answering for findings that nothing can mend."""

    findings = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        allow_empty=False,
        max_length=MOST,
        help_text=gettext_lazy("The numbers of the findings."),
    )
