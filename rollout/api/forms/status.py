"""In which form the state is asked for."""

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from rollout.api.forms.strict import Form


class Look(Form):
    """The state."""

    live = serializers.BooleanField(
        default=False, help_text=gettext_lazy("What the dashboard shows, drawn in the language of the request.")
    )
