"""How far back to look."""

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from monitoring import samples
from rollout.api.forms.strict import Form

# Evidence of every second is kept so long, the history of the figures so long.
EVIDENCE_MINUTES = 15
MOST_MINUTES = samples.LONGEST_S // 60


class Window(Form):
    """The time that is asked for."""

    minutes = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_MINUTES,
        help_text=gettext_lazy(
            "With the history of so many minutes, and up to 15 with a series of 60 points of the evidence; the last "
            "minute when left out."
        ),
    )
