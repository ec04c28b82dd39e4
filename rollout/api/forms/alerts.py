"""Alerts and silences."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from monitoring.alerts.groups import GROUPS
from monitoring.alerts.silences import LONGEST_MINUTES
from monitoring.models import Alert
from rollout.api.forms.paging import Page
from rollout.api.forms.strict import Reasoned


class AlertPage(Page):
    """A part of the alerts, those that are over too."""

    state = serializers.ChoiceField(choices=Alert.State.choices, required=False)


class Silencing(Reasoned):
    """Of which alerts nobody is to be told, and how long. At least one of rule, group and prefix."""

    rule = serializers.CharField(required=False, max_length=32)
    group = serializers.ChoiceField(choices=list(GROUPS.items()), required=False)
    prefix = serializers.CharField(
        required=False, max_length=120, help_text=gettext_lazy("What the label of the alert begins with.")
    )
    minutes = serializers.IntegerField(min_value=1, max_value=LONGEST_MINUTES)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not {"rule", "group", "prefix"} & set(attrs):
            raise serializers.ValidationError(_("Say what is silenced: a rule, a group or the prefix of a label."))
        return attrs
