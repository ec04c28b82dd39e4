"""The number of consumers."""

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from rollout.api.forms.strict import Reasoned


class Scale(Reasoned):
    """How many consumers there should be."""

    count = serializers.IntegerField(help_text=gettext_lazy("Consumers over all hosts."))
