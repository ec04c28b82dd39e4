"""How far back to look."""

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from rollout.api.forms.strict import Form

# Evidence of every second is kept so long.
MOST_MINUTES = 15


class Window(Form):
    """The time that is asked for."""

    minutes = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_MINUTES,
        help_text=gettext_lazy("With a series of 60 points over so many minutes; the last minute when left out."),
    )
